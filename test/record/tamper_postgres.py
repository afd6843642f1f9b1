#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""tamper_postgres.py [--hustings PATH]: the record in a PostgreSQL database, changed by hand as whoever has the database could, and verified: each column of each table of
the record, several bytes of every value, rows deleted, swapped and put in. What is about a leaf must name it, and put back, all is right.

(All bytes of every value, on SQLite: test/unit/record/verify_store.c. Statements of src/record/verify.sql run here on PostgreSQL, there on SQLite.)
Needs HUSTINGS_TEST_POSTGRES (test/postgres.py run). Last line: "record tamper postgres: N passed, N failed[, N skipped]".
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / part) for part in ('deploy',)]
import deploy
import seal
import servers
import tlog
from deploy import ROOT, Tally, wait_for

TABLES = ('record_head', 'record_leaf', 'record_node', 'record_checkpoint', 'record_cosignature', 'record_file', 'record_power')
FREE = {('record_checkpoint', 'at'), ('record_cosignature', 'at'), ('record_file', 'path')}  # nothing vouches for these: docs/tampering.md
CHANGES = {  # of a value, by its type: ways to change it, the same length, longer, shorter
    'int8': ['{c} + 1', '{c} - 1', '{c} # (1::bigint << 40)', '- {c} - 7'],
    'bytea': [f'set_byte({{c}}, length({{c}}) * {n} / 4, get_byte({{c}}, length({{c}}) * {n} / 4) # 1)' for n in range(4)]
    + ["{c} || '\\x00'::bytea", 'substr({c}, 1, length({c}) - 1)', "''::bytea"],
    'text': [f"overlay({{c}} PLACING chr(ascii(substr({{c}}, 1 + length({{c}}) * {n} / 4, 1)) # 1) FROM 1 + length({{c}}) * {n} / 4 FOR 1)" for n in range(4)]
    + ["{c} || 'x'", "substr({c}, 1, greatest(length({c}) - 1, 0))", "''"],
}


class Store:
    """The record of a site in a database: one psql that is asked all the time, and `hustings record verify`."""

    def __init__(self, url, vkey, witness):
        self.url, self.words = url, ('--key', vkey, '--witness', witness)
        self.psql = subprocess.Popen(['psql', '-q', '-A', '-t', '-F', '\t', '-d', url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ask(self, statement):
        """Its rows, as text."""
        self.psql.stdin.write(f'{statement};\n\\echo done\n')
        self.psql.stdin.flush()
        rows = []
        for line in self.psql.stdout:
            if line == 'done\n':
                return rows
            if line.startswith(('ERROR', 'FATAL')):
                rows.append(('ERROR', line))
            else:
                rows.append(tuple(line.rstrip('\n').split('\t')))
        raise RuntimeError(f'psql ended: {rows}')

    def do(self, statement):
        rows = self.ask(statement)
        if any(row[0] == 'ERROR' for row in rows):
            raise RuntimeError(f'{statement}: {rows}')

    def keep(self):
        for table in TABLES:
            self.do(f'CREATE TABLE kept_{table} AS SELECT * FROM {table}')

    def put_back(self, table):
        self.do(f'TRUNCATE {table}; INSERT INTO {table} SELECT * FROM kept_{table}')

    def verify(self):
        """Its exit status, the first leaf it names, what it says."""
        done = subprocess.run([str(deploy.HUSTINGS), 'record', 'verify', self.url, *self.words], env=seal.BARE, capture_output=True, text=True, timeout=60)
        named = re.search(r'the first leaf that is wrong is (\d+)', done.stdout)
        return done.returncode, int(named[1]) if named else None, done.stdout + done.stderr

    def columns(self, table):
        return self.ask(f"SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position")

    def end(self):
        self.psql.stdin.close()
        self.psql.wait(60)


def noticed(tally, store, what, leaf=None):
    """Status 1, and it names the leaf when there is one to name."""
    status, named, said = store.verify()
    tally(what, status == 1 and (leaf is None or named == leaf), f'status {status}, names {named}, expected {leaf}\n{said}')


def change_row(tally, store, table, where, leaf=None):
    """Every column of one row, in every way there is; the ways that leave it as it is, or that the table refuses, are none."""
    for column, kind in store.columns(table):
        if (table, column) in FREE:
            continue
        changed = 0
        empty = store.ask(f"SELECT coalesce(length({column}::text), 0) = 0 FROM {table} WHERE {where}") == [('t',)]
        for n, way in enumerate(CHANGES[kind]):
            new = way.format(c=column)
            if empty and kind != 'int8' and n < 4:  # there is no byte to change
                continue
            rows = store.ask(f'UPDATE {table} SET {column} = {new} WHERE {where} AND ({new}) IS DISTINCT FROM {column} RETURNING 1')
            if rows and rows[0][0] == 'ERROR' and 'duplicate key' not in rows[0][1]:
                raise RuntimeError(f'{table}.{column}: {new}: {rows}')
            if rows != [('1',)]:
                continue
            changed += 1
            noticed(tally, store, f'{table}.{column} where {where[:60]}: {new[:50]}', leaf)
            store.put_back(table)
        is_null = store.ask(f'SELECT {column} IS NULL FROM {table} WHERE {where}') == [('t',)]
        tally(f'{table}.{column} where {where[:60]}: changed in {changed} ways', changed or is_null)


def change_every_column(tally, store):
    for leaf in (0, 7, 255, 256, 259):
        change_row(tally, store, 'record_leaf', f'number = {leaf}', leaf)
    change_row(tally, store, 'record_head', 'true')
    change_row(tally, store, 'record_node', 'true')
    sizes = [int(row[0]) for row in store.ask('SELECT size FROM record_checkpoint ORDER BY size')]
    for size in (sizes[1], sizes[-1]):
        change_row(tally, store, 'record_checkpoint', f'size = {size}')
    change_row(tally, store, 'record_cosignature', 'size = (SELECT max(size) FROM kept_record_cosignature)')
    for which in ("path <> ''", "path = ''"):
        if store.ask(f'SELECT 1 FROM record_file WHERE {which} LIMIT 1'):
            change_row(tally, store, 'record_file', f'(digest, path) = (SELECT digest, path FROM kept_record_file WHERE {which} ORDER BY digest, path LIMIT 1)')
    change_row(tally, store, 'record_power', 'number = (SELECT min(number) FROM kept_record_power)')


def rows_of_leaves(tally, store):
    for leaf in (0, 7, 255, 256, 259):
        store.do(f'DELETE FROM record_leaf WHERE number = {leaf}')
        noticed(tally, store, f'leaf {leaf} deleted', leaf)
        store.put_back('record_leaf')
    store.do("UPDATE record_leaf SET number = -5 WHERE number = 30; UPDATE record_leaf SET number = 30 WHERE number = 44; UPDATE record_leaf SET number = 44 WHERE number = -5")
    noticed(tally, store, 'two leaves swapped, with their hashes')
    store.put_back('record_leaf')
    store.do("UPDATE record_leaf SET entry = (SELECT entry FROM kept_record_leaf WHERE number = 44) WHERE number = 30")
    noticed(tally, store, "a leaf with another's entry", 30)
    store.put_back('record_leaf')
    store.do('UPDATE record_leaf SET number = number + 1000000 WHERE number >= 20; UPDATE record_leaf SET number = number - 999999 WHERE number >= 1000000;'
             'INSERT INTO record_leaf SELECT 20, hash, entry, at, kind, contest, unit, power FROM kept_record_leaf WHERE number = 5; UPDATE record_head SET size = size + 1')
    noticed(tally, store, 'a leaf put in between, the others moved up')
    store.put_back('record_leaf')
    store.put_back('record_head')
    size = int(store.ask('SELECT size FROM record_head')[0][0])
    for number, named in ((size, size), (-1, None)):
        store.do(f'INSERT INTO record_leaf SELECT {number}, hash, entry, at, kind, contest, unit, power FROM kept_record_leaf WHERE number = 5')
        noticed(tally, store, f'a row too many: {number}', named)
        store.put_back('record_leaf')


def rows_of_others(tally, store):
    for table in ('record_head', 'record_node', 'record_power', 'record_file'):
        which = 'digest = (SELECT digest FROM kept_record_file ORDER BY digest DESC LIMIT 1)' if table == 'record_file' else f'ctid = (SELECT max(ctid) FROM {table})'  # a file may be at several addresses
        store.do(f'DELETE FROM {table} WHERE {which}')
        noticed(tally, store, f'{table}: a row deleted')
        store.put_back(table)
    added = {
        'record_head': ['(2, 5)'], 'record_node': [r"(1, 7, '\x00')", r"(9, 0, '\x00')"], 'record_file': [r"(decode(repeat('00', 32), 'hex'), '', 'x.csv', 1, '\x00')"],
        'record_power': ["(2000, 'role.ended', 'Bo', 'x', '', '', 5)"], 'record_cosignature': ["('w', 1, 99999, 1, 'x', 1)"],
    }
    for table, values in added.items():
        for value in values:
            store.do(f'INSERT INTO {table} VALUES {value}')
            noticed(tally, store, f'{table}: {value[:40]} put in')
            store.put_back(table)
    unsigned = 'SELECT min(size) FROM generate_series(2, 259) AS size WHERE size NOT IN (SELECT size FROM kept_record_checkpoint)'  # which sizes were signed is chance
    store.do(f'INSERT INTO record_checkpoint SELECT ({unsigned}), root, note, frontier, at FROM kept_record_checkpoint WHERE size = (SELECT max(size) FROM kept_record_checkpoint)')
    noticed(tally, store, 'record_checkpoint: the note of another put in')
    store.put_back('record_checkpoint')


def what_nothing_vouches_for(tally, store):
    """So that docs/tampering.md says neither more nor less."""
    for table, column in sorted(FREE):
        text = column == 'path'
        change = f"{column} || 'x'" if text else f'{column} + 1'
        where = "path <> ''" if text else 'size = (SELECT max(size) FROM kept_record_checkpoint)'
        rows = store.ask(f'UPDATE {table} SET {column} = {change} WHERE {where} RETURNING 1')
        status, _, said = store.verify()
        tally(f'{table}.{column}: nothing vouches for it, as the documentation says', rows and status == 0, (rows, said))
        store.put_back(table)


def make(site):
    """260 leaves of several kinds, with files and powers, signed and cosigned at several sizes."""
    with site.serving():
        site.run('publish', ROOT / 'examples/burlington-2009')
        site.run('publish', ROOT / 'examples/burlington-2009', '--replace')
        wait_for(lambda: site.size() == site.metric('leaves'), seal.PATIENCE)
        browser = deploy_browser(site)
        browser.get('/')
        link = site.run('sign-in', '--for', 'Ada Poll').split()[-1]
        path = '/' + link.split('/', 3)[3]
        if browser.send(browser.get(path), path).status != 303:
            raise RuntimeError('could not sign in')
        while site.metric('leaves') < 261:
            site.act(20 if site.metric('leaves') < 240 else 1)
        return wait_for(lambda: site.size() == site.metric('leaves'), seal.PATIENCE)


def deploy_browser(site):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'contest'))
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    from client import Browser
    address = site.url.split('//')[1].split('/')[0]
    return Browser(address.split(':')[0], int(address.split(':')[1]))


def try_all(tally, folder):
    site = seal.Site(folder, seal.fresh_postgres('tampering')).begin()
    vkey, = site.vkeys()
    with servers.Witness(str(deploy.HUSTINGS), str(folder), [vkey]) as witness:
        site.environment['HUSTINGS_RECORD_WITNESS'] = f'{witness.vkey} {witness.url}'
        store = Store(site.store, vkey, witness.vkey)
        try:
            make(site)
            with site.serving():
                cosigned = wait_for(lambda: store.ask('SELECT 1 FROM record_cosignature WHERE size = (SELECT max(size) FROM record_checkpoint)') == [('1',)], seal.PATIENCE)
            status, _, said = store.verify()
            if not tally('as it was made, it is right, and cosigned', cosigned and status == 0, said):
                return
            store.keep()
            for table in TABLES:
                tally(f'{table}: there is something to change', store.ask(f'SELECT count(*) > 0 FROM {table}') == [('t',)])
            for part in (change_every_column, rows_of_leaves, rows_of_others, what_nothing_vouches_for):
                part(tally, store)
            status, _, said = store.verify()
            tally('with everything put back, it is right', status == 0, said)
        finally:
            store.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--hustings', default=deploy.HUSTINGS, type=pathlib.Path)
    deploy.HUSTINGS = parser.parse_args().hustings.resolve()
    tally = Tally('record tamper postgres')
    with tempfile.TemporaryDirectory(prefix='hustings-tamper-') as folder:
        tally.run(try_all, pathlib.Path(folder))
    tally.end()


if __name__ == '__main__':
    main()
