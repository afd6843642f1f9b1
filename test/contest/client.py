# SPDX-License-Identifier: AGPL-3.0-or-later
"""A browser of few words: cookies, forms and hidden fields, over http.client."""
import http.client
import html.parser
import json
import urllib.parse
import uuid


class Reader(html.parser.HTMLParser):
    """The forms of a page, and its words."""

    def __init__(self):
        super().__init__()
        self.forms, self.words, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == 'form':
            self.forms.append({'action': a.get('action'), 'hidden': {}, 'buttons': []})
        elif tag == 'input' and a.get('type') == 'hidden' and self.forms:
            self.forms[-1]['hidden'][a['name']] = a.get('value', '')
        elif tag == 'button' and self.forms and a.get('name'):
            self.forms[-1]['buttons'].append((a['name'], a.get('value')))
        elif tag == 'a':
            self.links.append(a.get('href'))

    def handle_data(self, data):
        self.words.append(data)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode('utf-8', 'replace')
        self.page = Reader()
        if headers.get('content-type', '').startswith('text/html'):
            self.page.feed(self.text)

    @property
    def words(self):
        return ' '.join(' '.join(self.page.words).split())

    def json(self):
        return json.loads(self.body)


class Browser:
    def __init__(self, host, port):
        self.host, self.port, self.cookies = host, port, {}

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        sent = {'Accept': 'text/html', **(headers or {})}
        if self.cookies:
            sent['Cookie'] = '; '.join(f'{k}={v}' for k, v in self.cookies.items())
        try:
            connection.request(method, path, body, sent)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of it was sent: the answer says why
        answer = connection.getresponse()
        received = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        for name, value in answer.getheaders():
            if name.lower() == 'set-cookie':
                key, _, rest = value.partition('=')
                self.cookies[key] = rest.split(';')[0]
        connection.close()
        return received

    def get(self, path, **headers):
        return self.ask('GET', path, headers={k.replace('_', '-'): v for k, v in headers.items()})

    def post(self, path, fields, files=(), headers=None):
        """multipart/form-data; files are (field, name, bytes)."""
        boundary = uuid.uuid4().hex
        parts = []
        for name, value in fields.items():
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode() + b'\r\n')
        for name, file_name, data in files:
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
                         'Content-Type: application/octet-stream\r\n\r\n'.encode() + data + b'\r\n')
        parts.append(f'--{boundary}--\r\n'.encode())
        return self.ask('POST', path, b''.join(parts), {'Content-Type': f'multipart/form-data; boundary={boundary}', **(headers or {})})

    def send(self, page, action, fields=None, files=(), headers=None):
        """Fill the form of `page` that leads to `action`, and send it."""
        form = next(f for f in page.page.forms if f['action'] == action)
        return self.post(action, {**form['hidden'], **(fields or {})}, files, headers)

    def follow(self, answer):
        return self.get(urllib.parse.urlsplit(answer.headers['location']).path)
