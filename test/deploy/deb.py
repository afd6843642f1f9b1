#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""deb.py: the Debian package is made, installed in a bare Debian of its own, serves from there, and leaves nothing behind.

The root is made by debootstrap from this machine's own package sources and kept (packed) in build-deb for the next time. That needs root
and mounts; without them the whole is skipped, and counted as skipped. Last line: "deb: N passed, N failed[, N skipped]".
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from deploy import ROOT, Skip, Tally, ask, line_with, stop

KEPT = ROOT / 'build-deb'
BARE = KEPT / 'bare.tar'
HOME = '/var/lib/hustings'


def sh(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)


def inside(root, *command):
    return sh('chroot', root, *command, env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'DEBIAN_FRONTEND': 'noninteractive', 'LC_ALL': 'C.UTF-8'})


def make_package(tally):
    made = [sh(ROOT / 'scripts/deb.sh') for _ in range(2)]
    package = pathlib.Path(made[0].stdout.strip() or 'none')
    if not tally('the package is made', made[0].returncode == 0 and package.is_file(), made[0].stderr):
        return None
    first = package.read_bytes()
    sh(ROOT / 'scripts/deb.sh')
    tally('made again, it is the same byte for byte', package.read_bytes() == first)
    return package


def check_with_lintian(tally, package):
    if not shutil.which('lintian'):
        raise Skip('no lintian to judge the package')
    # Said on purpose: settings that may hold a password are not for everybody; whoever builds the package names herself (DEBEMAIL).
    accepted = ('non-standard-file-perm 0640', 'bogus-mail-host', 'running with root privileges')
    said = sh('lintian', '--allow-root', package)
    rest = [line for line in (said.stdout + said.stderr).splitlines() if line and not any(a in line for a in accepted)]
    tally('lintian has nothing to say that was not meant', not rest, '\n'.join(rest))


def source_of_packages():
    """The first Debian archive in this machine's own lists."""
    for path in [pathlib.Path('/etc/apt/sources.list'), *sorted(pathlib.Path('/etc/apt/sources.list.d').glob('*'))]:
        text = path.read_text() if path.is_file() else ''
        found = re.search(r'^deb (?:\[.*?\] )?(\S+/debian/?) ', text, re.M) or re.search(r'^URIs: *(\S+/debian/?)\s', text, re.M)
        if found:
            return found[1]
    return 'http://deb.debian.org/debian'


def release():
    return re.search(r'^VERSION_CODENAME=(\w+)', pathlib.Path('/etc/os-release').read_text(), re.M)[1]


def make_root(tally):
    if os.geteuid() != 0 or len(sys.argv) == 1:
        raise Skip('not root, or no mounts of our own: the package is not installed anywhere')
    if not shutil.which('debootstrap'):
        raise Skip('no debootstrap: the package is not installed anywhere')
    root = KEPT / 'root'
    shutil.rmtree(root, ignore_errors=True)
    KEPT.mkdir(exist_ok=True)
    if not BARE.exists():
        made = sh('debootstrap', '--variant=minbase', release(), root, source_of_packages())
        if not tally('a bare Debian is made', made.returncode == 0, made.stdout[-1500:] + made.stderr):
            return None
        inside(root, 'apt-get', 'clean')
        sh('tar', '-C', root, '-cf', BARE.with_suffix('.half'), '.', check=True)
        BARE.with_suffix('.half').rename(BARE)
    else:
        root.mkdir()
        tally('a bare Debian is unpacked', sh('tar', '-C', root, '-xf', BARE).returncode == 0)
    shutil.copy('/etc/resolv.conf', root / 'etc/resolv.conf')
    sh('mount', '-t', 'proc', 'proc', root / 'proc', check=True)
    return root


def left_of_it(root):
    """Everything by our name, save the logs of what was installed when."""
    found = sh('find', root, '-xdev', '-iname', '*hustings*', '-not', '-path', f'{root}/var/log/*', '-not', '-path', f'{root}/tmp/*')
    return found.stdout.split()


def check_installed(tally, root, package):
    shutil.copy(package, root / 'tmp' / package.name)
    inside(root, 'apt-get', '-q', 'update')
    done = inside(root, 'apt-get', '-q', '-y', '--no-install-recommends', 'install', f'/tmp/{package.name}')
    if not tally('apt installs it with what it needs', done.returncode == 0, done.stdout[-2000:] + done.stderr):
        return
    tally('without a complaint of its scripts', not re.search(r'(?i)warning|error', done.stderr), done.stderr)
    wanted = {'/etc/hustings/hustings.conf': '640 root hustings', HOME: '750 hustings hustings', '/usr/bin/hustings': '755 root root'}
    seen = {path: inside(root, 'stat', '-c', '%a %U %G', path).stdout.strip() for path in wanted}
    tally('owners and modes', seen == wanted, seen)
    tally('the service is enabled', (root / 'etc/systemd/system/multi-user.target.wants/hustings.service').is_symlink())
    tally('its settings are good', 'good' in inside(root, 'hustings', 'config', 'check').stdout)
    shared = '/usr/share/doc/hustings/examples/labour-2010/mps-and-meps.csv'
    counted = inside(root, 'hustings', 'count', shared, '--rules', 'av-2011')
    tally('it counts the papers that come with it', counted.returncode == 0 and 'David Miliband is elected' in counted.stdout, counted.stdout + counted.stderr)
    missing = [p for p in ('/usr/share/man/man1/hustings.1.gz', '/usr/share/bash-completion/completions/hustings', '/lib/systemd/system/hustings.service',
                           '/lib/systemd/system/hustings-witness.service',
                           '/usr/share/doc/hustings/copyright', '/usr/share/doc/hustings/docs/running.md') if not (root / p[1:]).is_file()]
    tally('manual, completion, unit and documents are there', not missing, missing)


def check_it_serves(tally, root):
    """As the unit starts it: its user, its folder, its settings; only the port is another."""
    command = ['chroot', str(root), 'setpriv', '--reuid=hustings', '--regid=hustings', '--init-groups', '--no-new-privs', 'sh', '-c',
               f'umask 0027 && cd {HOME} && exec hustings serve --listen 127.0.0.1:0']
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={'PATH': '/usr/bin:/bin:/usr/sbin:/sbin'})
    try:
        match, said = line_with(process, rb'event=serving url=(\S+)')
        if not tally('the server starts as its own user', match, said):
            return
        url = match[1].decode()
        page, health = ask(url + '/'), ask(url + '/healthz')
        tally('it answers with a page', page.status == 200 and b'<html' in page.body, page)
        tally('and says that it is well', health.status == 200, health)
        store = inside(root, 'stat', '-c', '%a %U', f'{HOME}/hustings.db').stdout.strip()
        tally('the store is its own, closed to others', store in ('640 hustings', '600 hustings'), store)
        key = inside(root, 'stat', '-c', '%a %U', f'{HOME}/record-key').stdout.strip()
        tally('so is the key of the public record, and more so', key == '600 hustings', key)
        published = sh('chroot', root, 'setpriv', '--reuid=hustings', '--regid=hustings', '--init-groups', 'hustings', 'publish',
                       '/usr/share/doc/hustings/examples/labour-2010', '--by', 'Carol Count')
        tally('a contest is published beside it', published.returncode == 0, published.stdout + published.stderr)
        tally('and shown', b'2010' in ask(url + '/contests').body, published.stdout)
    finally:
        status = stop(process)
    tally('SIGTERM ends it well', status == 0, status)


def check_upgrade_and_end(tally, root, package):
    settings = root / 'etc/hustings/hustings.conf'
    settings.write_text(settings.read_text() + '\n# ours\n')
    again = inside(root, 'apt-get', '-q', '-y', '--reinstall', 'install', f'/tmp/{package.name}')
    kept = settings.read_text().endswith('# ours\n') and (root / HOME[1:] / 'hustings.db').exists()
    tally('installed again, it keeps changed settings and the store', again.returncode == 0 and kept, again.stdout[-1500:] + again.stderr)
    gone = inside(root, 'apt-get', '-q', '-y', 'remove', 'hustings')
    kept = settings.exists() and (root / HOME[1:] / 'hustings.db').exists() and not (root / 'usr/bin/hustings').exists()
    tally('removed, it leaves settings and store', gone.returncode == 0 and kept, gone.stdout[-1500:] + gone.stderr)
    purged = inside(root, 'apt-get', '-q', '-y', 'purge', 'hustings')
    tally('purged', purged.returncode == 0, purged.stdout[-1500:] + purged.stderr)
    (root / 'tmp' / package.name).unlink()
    left = left_of_it(root)
    tally('nothing is left', not left, left)
    tally('its user neither', 'hustings' not in (root / 'etc/passwd').read_text() + (root / 'etc/group').read_text())


def main():
    # Mounts that end with us, however we end.
    if os.geteuid() == 0 and len(sys.argv) == 1 and sh('unshare', '--mount', 'true').returncode == 0:
        os.execvp('unshare', ['unshare', '--mount', sys.executable, __file__, 'unshared'])
    tally = Tally('deb')
    package = make_package(tally)
    if package:
        tally.run(check_with_lintian, package)
        try:
            root = make_root(tally)
        except Skip as why:
            tally.skip(why)
            root = None
        if root:
            try:
                tally.run(check_installed, root, package)
                tally.run(check_it_serves, root)
                tally.run(check_upgrade_and_end, root, package)
            finally:
                sh('umount', root / 'proc')
                shutil.rmtree(root, ignore_errors=True)
    tally.end()


if __name__ == '__main__':
    main()
