"""OpenLDAP's server with a few people, where it is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.support.ports import free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
SLAPD, SLAPADD = shutil.which("slapd", path=_PATH), shutil.which("slapadd", path=_PATH)
needs_slapd = pytest.mark.skipif(
    SLAPD is None or SLAPADD is None or importlib.util.find_spec("ldap") is None,
    reason="slapd or python-ldap is not installed",
)
BASE, READER, PASSWORD = "dc=grace,dc=example", "cn=reader,dc=grace,dc=example", "r3ad-0nly"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.159 NAME 'accountExpires' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.16.840.1.113730.3.1.610 NAME 'nsAccountLock' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.16.840.1.113719.1.1.4.1.44 NAME 'loginDisabled' SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
attributetype ( 2.16.840.1.113719.1.1.4.1.45 NAME 'loginExpirationTime' SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
attributetype ( 2.16.840.1.113719.3.1.8.2.2 NAME 'krbPrincipalExpiration' SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'account2' SUP top AUXILIARY MAY ( userAccountControl $ accountExpires $ nsAccountLock $
  loginDisabled $ loginExpirationTime $ krbPrincipalExpiration ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
pidfile {home}/pid
TLSCACertificateFile {home}/authority.pem
TLSCertificateFile {home}/server.pem
TLSCertificateKeyFile {home}/server.key
sizelimit size.soft=100 size.hard=100 size.prtotal={most}
database mdb
suffix "dc=grace,dc=example"
rootdn "cn=root,dc=grace,dc=example"
rootpw root
directory {home}/data
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=Closed,dc=grace,dc=example" by dn.exact="cn=reader,dc=grace,dc=example" read by * none
access to * by * read
overlay memberof
overlay ppolicy
"""
_FIRST = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: grace
o: Grace

dn: {READER}
objectClass: simpleSecurityObject
objectClass: organizationalRole
cn: reader
userPassword: {PASSWORD}

dn: ou=People,{BASE}
objectClass: organizationalUnit
ou: People

dn: ou=Classes,{BASE}
objectClass: organizationalUnit
ou: Classes

dn: ou=Lists,{BASE}
objectClass: organizationalUnit
ou: Lists
"""


class Server:
    """A running server. ``address`` is not encrypted, ``secure`` is; ``authority`` is the file of who signed its certificate."""

    def __init__(self, home: Path) -> None:
        port, secure = free_port(), free_port()
        self.home, self.port = home, port
        self.address, self.secure = f"ldap://localhost:{port}", f"ldaps://localhost:{secure}"
        self.authority = home / "authority.pem"


Values = Mapping[str, str | Sequence[str]]
Entry = tuple[str, Values]


def person(number: int, **more: str | Sequence[str]) -> Entry:
    """The DN and the attributes of a person."""
    given = {
        "objectClass": ("inetOrgPerson", "shadowAccount", "account2"),
        "uid": f"ann{number:04}",
        "cn": f"Ann {number}",
        "givenName": "Ann",
        "sn": f"Zoë {number}",
        "mail": f"ann{number:04}@grace.example",
        "employeeNumber": f"S{number:04}",
    }
    return f"uid=ann{number:04},ou=People,{BASE}", {**given, **more}


def group(name: str, members: Sequence[int], place: str = "Classes") -> Entry:
    """The DN and the attributes of a group."""
    who = [f"uid=ann{number:04},ou=People,{BASE}" for number in members]
    return f"cn={name},ou={place},{BASE}", {"objectClass": "groupOfNames", "cn": name.replace("\\", ""), "member": who}


def _ldif(entry: Entry) -> str:
    dn, values = entry
    lines = [f"dn: {dn}"]
    for name, given in values.items():
        lines += [f"{name}: {value}" for value in ([given] if isinstance(given, str) else given) if value]
    return "\n".join(lines) + "\n"


def _add(server: Server, groups: Sequence[Entry]) -> None:
    """Add groups to the running server, which then says of their members that they belong to them."""
    import ldap

    connection = ldap.initialize(server.address)
    connection.simple_bind_s(f"cn=root,{BASE}", "root")
    for dn, values in groups:
        texts = {name: [given] if isinstance(given, str) else given for name, given in values.items()}
        connection.add_s(dn, [(name, [text.encode() for text in given]) for name, given in texts.items()])
    connection.unbind_s()


@contextmanager
def slapd(
    home: Path, people: Sequence[Entry], groups: Sequence[Entry] = (), most: str = "unlimited"
) -> Iterator[Server]:
    """Run a server with these entries, which gives at most so many to one search."""
    server = Server(home)
    (home / "data").mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(server.authority)
    names = {"localhost", socket.gethostname(), socket.getfqdn()}  # libldap means the machine's name by localhost
    certificate = authority.issue_cert(*sorted(names))
    certificate.private_key_pem.write_to_path(home / "server.key")
    certificate.cert_chain_pems[0].write_to_path(home / "server.pem")
    (home / "slapd.conf").write_text(_CONFIG.format(home=home, most=most), encoding="utf-8")
    (home / "first.ldif").write_text("\n".join([_FIRST, *map(_ldif, people)]), encoding="utf-8")
    assert SLAPD is not None
    assert SLAPADD is not None
    config = ["-f", str(home / "slapd.conf")]
    added = subprocess.run(
        [SLAPADD, *config, "-l", str(home / "first.ldif")], capture_output=True, text=True, check=False
    )
    assert added.returncode == 0, added.stderr
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(
            [SLAPD, *config, "-d", "0", "-h", f"{server.address} {server.secure}"], stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait_for(server.port, process, home)
            _add(server, groups)
            yield server
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, (home / "log").read_text()
            assert time.monotonic() < until, (home / "log").read_text()
            time.sleep(0.02)
        else:
            return
