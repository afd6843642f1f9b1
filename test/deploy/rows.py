# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rows of a store, read and put in from beside the server, on either engine: for tests of what a page cannot show or a form cannot make.

The store of a folder is the PostgreSQL database that a file `postgres` in it names (rows.on_postgres), or else its hustings.db.
"""
import contextlib
import functools
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile


def engines():
    """What to test on: SQLite, and PostgreSQL when HUSTINGS_TEST_POSTGRES names one (test/postgres.py run)."""
    return ['SQLite', *(['PostgreSQL'] if os.environ.get('HUSTINGS_TEST_POSTGRES') else [])]


def on_postgres(folder):
    """From now on the store of the folder is a database of its own, with nothing in it, in that server."""
    server, name = os.environ['HUSTINGS_TEST_POSTGRES'], f'rows_{os.urandom(6).hex()}'
    subprocess.run(['psql', '-q', '-d', server, '-c', f'CREATE DATABASE {name}'], check=True, capture_output=True)
    url = server.replace('/hustings?', f'/{name}?') if '?' in server else f'{server.rsplit("/", 1)[0]}/{name}'
    pathlib.Path(folder, 'postgres').write_text(url)


def on_each_engine(tally, run):
    """run(tally, folder) with an empty folder and store on each of them; what it tells begins with the engine's name."""
    for engine in engines():
        with tempfile.TemporaryDirectory(prefix='hustings-') as name:
            folder = pathlib.Path(name)
            if engine == 'PostgreSQL':
                on_postgres(folder)
            run(lambda what, *more: tally(f'{engine}: {what}', *more), folder)


def url(folder):
    path = pathlib.Path(folder, 'postgres')
    return path.read_text() if path.exists() else str(pathlib.Path(folder, 'hustings.db'))


def settings(folder):
    """With which a server uses it."""
    return {'HUSTINGS_STORE_URL': url(folder), 'HUSTINGS_RECORD_KEY': str(pathlib.Path(folder, 'record-key'))}


class Rows:
    def __init__(self, folder):
        self.url = url(folder)
        self.is_postgres = self.url.startswith('postgres')

    def psql(self, text):
        done = subprocess.run(['psql', '-X', '-q', '-A', '-t', '-1', '-v', 'ON_ERROR_STOP=1', '-d', self.url, '-f', '-'], input=text, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def ask(self, query):
        """The rows of a SELECT, as tuples of numbers, texts and bytes."""
        if self.is_postgres:
            lines = self.psql(f'SELECT row_to_json(whole_row) FROM ({query}) AS whole_row').splitlines()
            return [json.loads(line, object_pairs_hook=lambda pairs: tuple(read(value) for _, value in pairs)) for line in lines]
        with contextlib.closing(sqlite3.connect(self.url, timeout=60)) as db:
            return db.execute(query).fetchall()

    def tell(self, *statements):
        """All of them or none."""
        if self.is_postgres:
            self.psql(';\n'.join(statements) + ';\n')
            return
        with contextlib.closing(sqlite3.connect(self.url, timeout=60)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    @functools.cache
    def columns(self, table):
        if self.is_postgres:
            return self.ask(f"SELECT column_name, upper(data_type) FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position")
        return self.ask(f"SELECT name, type FROM pragma_table_info('{table}') ORDER BY cid")

    def insert(self, table, **values):
        """The statement for a row; what is not said is empty, or nought."""
        columns = self.columns(table)
        unknown = values.keys() - {name for name, _ in columns}
        assert columns and not unknown, f'{table}: {unknown}'
        return f'INSERT INTO {table} VALUES ({", ".join(self.literal(values.get(name, 0 if kind == "BIGINT" else "")) for name, kind in columns)})'

    def add(self, table, **values):
        self.tell(self.insert(table, **values))

    def literal(self, value):
        if isinstance(value, int):
            return str(value)
        if isinstance(value, bytes):
            return f"'\\x{value.hex()}'" if self.is_postgres else f"X'{value.hex()}'"
        return "'" + value.replace("'", "''") + "'"


def read(value):
    return bytes.fromhex(value[2:]) if isinstance(value, str) and value.startswith('\\x') else value
