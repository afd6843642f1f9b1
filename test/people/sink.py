# SPDX-License-Identifier: AGPL-3.0-or-later
"""sink.py: a mail server of one's own (SMTP over sockets, Python's own library), which keeps what it is given and does, when told so, what bad ones do."""
import base64
import email
import email.policy
import pathlib
import socketserver
import ssl
import subprocess
import threading


def certificate(folder, name='localhost'):
    """Self-signed: (certificate, key)."""
    files = [str(pathlib.Path(folder) / f'{name}.{end}') for end in ('pem', 'key')]
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files[1], '-out', files[0], '-days', '2',
                    '-subj', f'/CN={name}', '-addext', f'subjectAltName=DNS:{name}'], check=True, capture_output=True)
    return files


class Talk(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, line):
        self.wfile.write(line.encode() + b'\r\n')
        self.wfile.flush()

    def handle(self):
        try:
            self.talk()
        except (OSError, ValueError, ssl.SSLError):
            pass  # whoever spoke to us went away

    def talk(self):
        sink = self.server.sink
        self.to, self.inside = [], False
        self.say('220 sink')
        while line := self.rfile.readline():
            word, rest = line.strip().decode('latin-1').split(' ', 1) if b' ' in line.strip() else (line.strip().decode('latin-1'), '')
            sink.said.append(line.decode('latin-1').strip())
            if not getattr(self, 'do_' + word.lower(), self.unknown)(rest, sink):
                return

    def unknown(self, rest, sink):
        self.say('500 what?')
        return True

    def do_ehlo(self, rest, sink):
        offers = ['sink'] + (['STARTTLS'] if sink.context and not sink.tls and not self.inside else []) + (['AUTH PLAIN'] if sink.password else []) + ['8BITMIME']
        for i, offer in enumerate(offers):
            self.say(f'250{" " if i == len(offers) - 1 else "-"}{offer}')
        return True

    def do_starttls(self, rest, sink):
        self.say('220 go on')
        self.connection = sink.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile, self.inside = self.connection.makefile('rb'), self.connection.makefile('wb'), True
        return True

    def do_auth(self, rest, sink):
        given = rest.split(' ', 1)[1] if ' ' in rest else (self.say('334 ') or self.rfile.readline().decode())
        right = base64.b64decode(given).split(b'\0')[1:] == [part.encode() for part in sink.password]
        self.say('235 in' if right else '535 not you')
        return True

    def do_mail(self, rest, sink):
        self.to, self.sender = [], rest
        self.say('553 not your address' if sink.mode == 'not from you' else '250 ok')
        return True

    def do_rcpt(self, rest, sink):
        if sink.mode in ('later', 'never'):
            self.say('451 later' if sink.mode == 'later' else '550 nobody of that name')
            return True
        self.to.append(rest)
        self.say('250 ok')
        return True

    def do_data(self, rest, sink):
        if sink.mode == 'drop':
            return False
        self.say('354 go on')
        lines = []
        while (line := self.rfile.readline()) not in (b'.\r\n', b''):
            lines.append(line[1:] if line.startswith(b'.') else line)
        raw = b''.join(lines)
        if sink.mode == 'refuse words':
            self.say('554 we do not like it')
            return True
        with sink.came:
            sink.letters.append(Letter(self.sender, self.to, raw))
            sink.came.notify_all()
        self.say('250 taken')
        return True

    def do_rset(self, rest, sink):
        self.say('250 ok')
        return True

    def do_quit(self, rest, sink):
        self.say('221 bye')
        return False


class Letter:
    def __init__(self, sender, to, raw):
        self.sender, self.to, self.raw = sender, to, raw
        self.message = email.message_from_bytes(raw, policy=email.policy.default)
        self.text = self.message.get_content().replace('\r\n', '\n')


class Sink:
    """mode: '' (takes all), 'later', 'never', 'drop', 'refuse words', 'not from you' (the sender's address)."""

    def __init__(self, certificate=None, tls=False, password=None):
        self.mode, self.tls, self.password, self.letters, self.said, self.came = '', tls, password, [], [], threading.Condition()
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)

    def __enter__(self):
        self.server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Talk, bind_and_activate=True)
        self.server.daemon_threads, self.server.sink, self.server.handle_error = True, self, lambda *_: None
        if self.tls:
            self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def about(self, subject, to=''):
        """Those that came: by words of their subject and their recipient, in any case."""
        return [letter for letter in self.letters if subject in letter.message['Subject'] and to.lower() in str(letter.to).lower()]

    def wait(self, count, seconds=30, subject='Sign in', to=''):
        """So many of them; those that came when the time is over."""
        with self.came:
            self.came.wait_for(lambda: len(self.about(subject, to)) >= count, seconds)
            return self.about(subject, to)
