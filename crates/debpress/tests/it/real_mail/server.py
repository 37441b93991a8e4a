"""A mail server for tests: prints its port, and writes each mail that it takes as JSON.

server.py DIRECTORY SECURITY [CERTIFICATE KEY]     SECURITY: none, starttls or tls

Lets nobody in but `archive` with the password `s3cret`, where the conversation is secret. Refuses mail to never@... and
from nobody@... for good, and mail to later@... for now.
"""

import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

directory, security, *pair = sys.argv[1:]
context = None
if security != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)


def text(part):
    return part.get_content().replace("\r\n", "\n")


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.7.1 you are nobody"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("never@"):
            return "550 5.1.1 no such user"
        if address.startswith("later@"):
            return "451 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert not mail.defects, mail.defects
        lines = envelope.content.split(b"\r\n")
        taken = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "secret": session.ssl is not None,
            "user": session.auth_data,
            "conversation": session.peer[1],
            "headers": [[name, str(value)] for name, value in mail.items()],
            "text": text(mail.get_body(("plain",))),
            "attached": {part.get_filename(): text(part) for part in mail.iter_attachments()},
            "longest": max(map(len, lines)),
        }
        path = os.path.join(directory, "%04d.json" % len(os.listdir(directory)))
        with open(path, "w") as file:
            json.dump(taken, file)
        return "250 OK"


def let_in(server, session, envelope, mechanism, login):
    good = (login.login, login.password) == (b"archive", b"s3cret")
    return AuthResult(success=good, handled=False, auth_data=login.login.decode())


def protocol():
    secret = security != "none"
    return SMTP(
        Handler(),
        hostname="localhost",
        tls_context=context if security == "starttls" else None,
        require_starttls=security == "starttls",
        # Of a conversation that was secret from the first byte it does not know that it is.
        auth_require_tls=security == "starttls",
        auth_required=secret,
        authenticator=let_in if secret else None,
    )


async def main():
    wrapped = context if security == "tls" else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=wrapped)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
