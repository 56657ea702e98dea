"""E-mail as a channel: templates compiled once, messages as bytes, a pipelined SMTP client.

Pure: nothing here knows a model, a request or a tenant's scope. ``compiler.compile_template`` makes a ``Compiled``,
``message.Letter`` joins it with a sender, ``Letter.render(recipient)`` gives the bytes, ``smtp.Connection`` sends them.
"""
