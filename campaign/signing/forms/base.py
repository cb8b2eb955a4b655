"""What the forms of the public pages share: they say their errors in the page's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from wtforms.validators import StopValidation

from campaign.signing.forms.error_messages import error_message
from campaign.web.forms import PageForm

if TYPE_CHECKING:
    from campaign.language.catalogue import Language


class PublicForm(PageForm):
    """A form of a page in one of the site's languages."""

    def __init__(self, language: Language, **kwargs: Any) -> None:
        self.language = language
        super().__init__(**kwargs)

    def say(self, reason: str, **values: int | str) -> str:
        """Return the message for a reason."""
        return error_message(self.language, reason, **values)

    def add_reason(self, name: str, reason: str, **values: int | str) -> None:
        """Show the message for a reason at a field."""
        self.add_error(name, self.say(reason, **values))

    def stop(self, reason: str, **values: int | str) -> NoReturn:
        """Raise the error of the field that is validated, and skip its other checks."""
        raise StopValidation(self.say(reason, **values))
