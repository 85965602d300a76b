"""Plain pages for the links in mails, as long as there is no web client.

A GET changes nothing, since scanners of mail fetch links; a POST does. It needs no token against forgery and there is
no cookie: nothing but the token in the form says who asks, and whoever could forge that has it. Tokens come into no log
and no `Referer`, and the pages load nothing.
"""
