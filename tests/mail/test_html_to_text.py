"""The words of HTML keep apart what a reader sees apart, however it is written."""

from __future__ import annotations

import pytest

from campaign.mail.html_to_text import html_to_text
from tests.fuzz.strategies import superlinear_units

CASES = [
    ("words", "words"),
    ("", ""),
    ("  \n ", ""),
    ("a\n  b\tc", "a b c"),
    ("<p>a</p><p>b</p>", "a\nb"),
    ("<p>a<p>b", "a\nb"),
    ("<div>a</div>b", "a\nb"),
    ("a<div>b</div>c", "a\nb\nc"),
    ("<div><div>a</div></div><div>b</div>", "a\nb"),
    ("a<br>b", "a\nb"),
    ("a<br/>b<BR />c", "a\nb\nc"),
    ("a<br><br>b", "a\n\nb"),
    ("a<br><br><br><br>b", "a\n\nb"),
    ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
    ("<div>a<br></div><div>b</div>", "a\nb"),
    ("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
    ("<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>b", "a\n\nb"),
    ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
    ("<table><tr><th>a<th>b<tr><td>c<td>d</table>e", "a b\nc d\ne"),
    ("<table><tbody><tr><td>a</td></tr></tbody></table><table><tr><td>b</table>", "a\nb"),
    ("<td>a</td>\n  <td>b</td>", "a b"),
    ("<td><p>a</p></td><td><p>b</p></td>", "a\nb"),
    ("<table><caption>a</caption><tr><td>b</td></tr></table>", "a\nb"),
    ("<ul><li>a</li><li>b</li></ul>c", "- a\n- b\nc"),
    ("<ol><li>a<li>b</ol>c", "- a\n- b\nc"),
    ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\nb"),
    ("<ul><li></li></ul>a", "a"),
    ("<dl><dt>a</dt><dd>b</dd></dl>", "a\nb"),
    ("<h1>a</h1>b<h4>c</h4>d<h6>e</h6>f", "a\nb\nc\nd\ne\nf"),
    ("a<hr>b", "a\nb"),
    ("<blockquote>a</blockquote>b", "a\nb"),
    ("<address>a</address><section>b</section><footer>c</footer>", "a\nb\nc"),
    ("<pre>a\n  b\n\nc</pre>d\ne", "a\nb\n\nc\nd e"),
    ("<b>a</b><i>b</i><span>c</span>", "abc"),
    ("<b>a</b> <i>b</i>", "a b"),
    ('<a href="https://example.org/">a</a>, b', "a, b"),
    ('<td title="a > b">c</td><td>d</td>', "c d"),
    ("<td-x>a</td-x><pre-y>b</pre-y>", "ab"),
    ("a &lt;b&gt; &amp; c&auml;d &#8364;&#x20ac;", "a <b> & cäd €€"),
    ("&lt;br&gt;a", "<br>a"),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("a<script>b</script>c<style>d</style>e", "ace"),
    ("<p>a</p><script>if (1 < 2) { '<p>' }</script><p>b</p>", "a\nb"),
    ("<head><title>a</title><style>b</style></head><body>c</body>", "c"),
    ("<iframe>a</iframe><noframes>b</noframes>c", "c"),
    ("a<!-- b -->c<!-->d", "acd"),
    ("<!--[if mso]><td>a</td><![endif]-->b<![if !mso]>c<![endif]>", "bc"),
    ("<?xml version='1.0'?><!DOCTYPE html>a", "a"),
    ("a</p></div></td></pre>b", "a\nb"),
    ("a<p", "a"),
]


@pytest.mark.parametrize(("html", "words"), CASES)
def test_what_a_reader_sees_apart_stays_apart(html: str, words: str) -> None:
    assert html_to_text(html) == words


def test_no_html_is_looked_at_again_and_again() -> None:
    tags = ("<td>", "<li>", "<pre>\n", "<br>", "<div>a", "</pre>", "a<li>")
    assert superlinear_units(html_to_text, tags) == []
