"""``fetch oneroster``: a whole set from a service of 1.1 or 1.2, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.oneroster_server import ID, SECRET, Answer, Fault, Sis, serving
from tests.support.pipelines import CONFIG


def ref(id: str, type: str) -> dict[str, str]:
    return {"href": f"https://sis.example/{type}s/{id}", "sourcedId": id, "type": type}


def user(number: int, version: str, role: str = "student", **more: Any) -> dict[str, Any]:
    person = {
        "sourcedId": f"u{number:04}",
        "status": "active",
        "dateLastModified": "2026-09-01T08:00:00.000Z",
        "enabledUser": "true" if version == "1.1" else True,
        "username": f"ann{number}",
        "userIds": [{"type": "FED", "identifier": str(number)}],
        "givenName": "Ann",
        "familyName": f"Zoë, {number}",
        "identifier": f"S{number}",
        "email": f"ann{number}@grace.example",
        "phone": "555 0100",
        "password": "hunter2",
        "grades": ["09", "10"],
        "agents": [],
    }
    org = ref("o1", "org")
    if version == "1.1":
        return {**person, "role": role, "orgs": [org], **more}
    roles = [{"roleType": "primary", "role": role, "org": org, "beginDate": "2026-08-01"}]
    return {**person, "userMasterIdentifier": f"m{number}", "primaryOrg": org, "roles": roles, **more}


def data(version: str, people: int = 3) -> dict[str, list[dict[str, Any]]]:
    users = [user(number, version) for number in range(people)]
    return {
        "academicSessions": [
            {
                "sourcedId": "t1",
                "title": "Autumn",
                "type": "term",
                "startDate": "2026-08-01T00:00:00Z",
                "endDate": "2027-01-31",
                "schoolYear": 2027,
            },
            {"sourcedId": "t2", "title": "Spring", "type": "term", "startDate": "2027-02-01", "endDate": "2027-06-30"},
        ],
        "orgs": [{"sourcedId": "o1", "name": "Grace", "type": "school", "identifier": "77", "parent": None}],
        "courses": [{"sourcedId": "k1", "title": "Greek", "courseCode": "GK", "org": ref("o1", "org")}],
        "classes": [
            {
                "sourcedId": "c1",
                "title": "Greek A",
                "classCode": "GK1",
                "classType": "scheduled",
                "course": ref("k1", "course"),
                "school": ref("o1", "org"),
                "terms": [ref("t1", "academicSession"), ref("t2", "academicSession")],
            }
        ],
        "users": users,
        "enrollments": [
            {
                "sourcedId": f"e{one['sourcedId']}",
                "class": ref("c1", "class"),
                "school": ref("o1", "org"),
                "user": ref(one["sourcedId"], "user"),
                "role": "student",
                "primary": False,
                "beginDate": "2026-08-01",
                "endDate": "2027-01-31",
            }
            for one in users
        ],
    }


@pytest.fixture(params=["1.1", "1.2"])
def sis(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sis]:
    monkeypatch.setenv("SEATSYNC_FETCH_CLIENT_SECRET", SECRET)
    with serving(Sis(data(request.param), request.param)) as running:
        yield running


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sis]:
    monkeypatch.setenv("SEATSYNC_FETCH_CLIENT_SECRET", SECRET)
    with serving(Sis(data("1.2"))) as running:
        yield running


def fetch(sis: Sis, folder: Path, *args: str, code: int = 0) -> Outcome:
    words = ["--url", sis.address, "--into", "rosters/sis", "--client-id", ID, "--timeout", "20"]
    words += [] if sis.signing else ["--token-url", sis.token_address]
    ran = seatsync("fetch", "oneroster", *words, *args, folder=folder)
    assert ran.code == code, ran
    return ran


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / "rosters" / "sis").glob("*"))}


def changed(folder: Path) -> list[str]:
    """What is in the folder though nothing should be."""
    return [str(path) for path in folder.rglob("*") if path.is_file()]


USERS = {
    "1.1": (
        "sourcedId,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,identifier,email,grades\n"
        'u0000,true,o1,student,ann0,{FED:0},Ann,"Zoë, 0",S0,ann0@grace.example,"09,10"\n'
    ),
    "1.2": (
        "sourcedId,enabledUser,username,userIds,givenName,familyName,identifier,email,grades,userMasterIdentifier,"
        "primaryOrgSourcedId\n"
        'u0000,true,ann0,{FED:0},Ann,"Zoë, 0",S0,ann0@grace.example,"09,10",m0,o1\n'
    ),
}
FILES = ["academicSessions", "classes", "courses", "enrollments", "manifest", "orgs", "roles", "users"]


def test_a_set_has_the_files_of_its_version_and_only_what_rosters_need(sis: Sis, tmp_path: Path) -> None:
    ran = fetch(sis, tmp_path)
    found = files(tmp_path)
    assert [*found] == [f"{name}.csv" for name in FILES if name != "roles" or sis.version == "1.2"]
    assert found["users.csv"].startswith(USERS[sis.version])
    assert "hunter2" not in str(found)
    assert "555" not in str(found)
    assert found["academicSessions.csv"].splitlines()[1] == "t1,Autumn,term,2026-08-01,2027-01-31,,2027"
    assert found["classes.csv"].splitlines()[1] == 'c1,Greek A,,k1,GK1,scheduled,o1,"t1,t2"'
    assert found["enrollments.csv"].splitlines()[1] == "eu0000,c1,o1,u0000,student,false,2026-08-01,2027-01-31"
    assert f"oneroster.version,{sis.version}\n" in found["manifest.csv"]
    assert "file.users,bulk\n" in found["manifest.csv"]
    if sis.version == "1.2":
        assert found["roles.csv"].splitlines()[1] == "u0000-student-o1-2026-08-01,u0000,primary,student,2026-08-01,,o1"
    assert "users.csv: 3 new." in ran.out
    assert "name rosters/sis under `rosters:`" in ran.err
    assert sis.scopes == [
        f"https://purl.imsglobal.org/spec/or/v{sis.version.replace('.', 'p')}/scope/roster-core.readonly"
    ]


def test_the_same_answer_again_changes_no_byte(sis: Sis, tmp_path: Path) -> None:
    fetch(sis, tmp_path)
    before = files(tmp_path)
    for collection in sis.data.values():
        collection.reverse()
    ran = fetch(sis, tmp_path)
    assert ran.out == "rosters/sis: nothing has changed.\n"
    assert files(tmp_path) == before


def test_what_is_new_gone_and_different_is_counted_file_by_file(sis: Sis, tmp_path: Path) -> None:
    fetch(sis, tmp_path)
    sis.data["users"][0]["familyName"] = "Young"
    sis.data["users"][1] = user(9, sis.version)
    ran = fetch(sis, tmp_path)
    assert "rosters/sis/users.csv: 1 new, 1 gone, 1 changed.\n" in ran.out
    assert "orgs.csv" not in ran.out


@pytest.mark.parametrize(("counts", "links"), [(True, True), (True, False), (False, True), (False, False)])
def test_all_pages_are_read_whatever_the_server_says_of_them(
    sis: Sis, tmp_path: Path, counts: bool, links: bool
) -> None:
    sis.data, sis.most, sis.counts, sis.links = data(sis.version, 25), 10, counts, links
    fetch(sis, tmp_path)
    assert len(files(tmp_path)["users.csv"].splitlines()) == 26


def test_a_link_elsewhere_is_not_followed(newer: Sis, tmp_path: Path) -> None:
    newer.data, newer.most, newer.counts = data("1.2", 25), 10, False
    page = newer.page("users", {"limit": "10"})
    elsewhere = Answer(200, page.content, {"Link": '<https://elsewhere.example/users>; rel="next"'})
    newer.faults = [Fault("/users", elsewhere)]
    fetch(newer, tmp_path)
    assert len(files(tmp_path)["users.csv"].splitlines()) == 26


def test_a_token_that_ends_meanwhile_is_renewed(newer: Sis, tmp_path: Path) -> None:
    newer.data, newer.most, newer.lasts = data("1.2", 25), 5, 3
    fetch(newer, tmp_path)
    assert len(newer.tokens) > 2
    assert len(files(tmp_path)["users.csv"].splitlines()) == 26


@pytest.mark.parametrize("method", ["oauth1-sha256", "oauth1-sha1"])
def test_requests_may_be_signed_as_in_oauth_1(sis: Sis, tmp_path: Path, method: str) -> None:
    sis.signing = True
    fetch(sis, tmp_path, "--auth", method)
    assert "users.csv" in files(tmp_path)
    assert not any("token" in path for path in sis.requests)


def test_a_server_may_grant_another_scope_than_was_asked_for(newer: Sis, tmp_path: Path) -> None:
    newer.tokens = ["token-0"]
    newer.faults = [Fault("/token", Answer(200, {"access_token": "token-0", "token_type": "Bearer", "scope": "all"}))]
    fetch(newer, tmp_path)
    assert "users.csv" in files(tmp_path)


def test_a_secret_may_have_any_letters(newer: Sis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer.secret = "gehe€im"
    monkeypatch.setenv("SEATSYNC_FETCH_CLIENT_SECRET", newer.secret)
    fetch(newer, tmp_path)
    assert "users.csv" in files(tmp_path)


def test_the_secret_may_have_to_be_in_the_form(newer: Sis, tmp_path: Path) -> None:
    newer.wants_body = True
    ran = fetch(newer, tmp_path, code=1)
    assert "needs --credentials-in body" in ran.err
    fetch(newer, tmp_path, "--credentials-in", "body")
    assert "users.csv" in files(tmp_path)


def test_guardians_and_what_is_deleted_are_left_out_and_counted(sis: Sis, tmp_path: Path) -> None:
    sis.data["users"] += [user(7, sis.version, "guardian"), user(8, sis.version, status="tobedeleted")]
    sis.data["users"].append(user(9, sis.version, "emergencyContact"))
    sis.data["enrollments"][0]["status"] = "tobedeleted"
    ran = fetch(sis, tmp_path)
    assert (
        "Left out: 1 `tobedeleted` in users, 1 `tobedeleted` in enrollments, 1 role guardian, 1 role emergencyContact."
        in ran.err
    )
    assert len(files(tmp_path)["users.csv"].splitlines()) == 4
    fetch(sis, tmp_path, "--role", "guardian", "--allow-shrink")
    assert [line[:5] for line in files(tmp_path)["users.csv"].splitlines()[1:]] == ["u0007"]


def test_the_enrollments_of_a_deleted_class_are_gone_with_it(sis: Sis, tmp_path: Path) -> None:
    sis.data["classes"][0]["status"] = "tobedeleted"
    fetch(sis, tmp_path)
    assert files(tmp_path)["enrollments.csv"].count("\n") == 1


def test_what_was_fetched_is_a_roster_with_tags(sis: Sis, tmp_path: Path) -> None:
    sis.data["users"].append(user(7, sis.version, "teacher"))
    fetch(sis, tmp_path)
    (tmp_path / "seatsync.yaml").write_text(
        CONFIG.replace("members.csv", "rosters/sis").replace("slots: 2", "slots: 9")
    )
    checked = seatsync("validate", "--strict", folder=tmp_path)
    assert checked.code == 0, checked
    assert seatsync("apply", "--yes", "--now", "2026-09-01", folder=tmp_path).code == 0
    members = seatsync("members", "--format", "csv", "--tag", "class:GK1", folder=tmp_path).out
    assert [f"ann{number}@grace.example" in members for number in (0, 1, 2, 7)] == [True, True, True, False]
    assert "ann7@grace.example" in seatsync("members", "--tag", "role:teacher", folder=tmp_path).out


def test_a_set_of_another_version_leaves_no_file_behind(newer: Sis, tmp_path: Path) -> None:
    fetch(newer, tmp_path)
    newer.version, newer.data = "1.1", data("1.1")
    assert "rosters/sis/roles.csv: 3 gone.\n" in fetch(newer, tmp_path).out
    assert "roles.csv" not in files(tmp_path)
    (tmp_path / "rosters" / "sis" / "roles.csv").write_text("ours\n")
    assert "roles.csv was not written by a fetch" in fetch(newer, tmp_path, code=1).err
    assert files(tmp_path)["roles.csv"] == "ours\n"


# ── Half an answer ──────────────────────────────────────────────────────────────────────────────────────────────────


def duplicate(sis: Sis) -> None:
    sis.data["users"][2] = sis.data["users"][1]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param(
            Fault("/users", Answer(200, {"users": []}, {"X-Total-Count": "3"}), times=9),
            "the server says that there are 3 records, but gave 0",
            id="a page without its records",
        ),
        pytest.param(
            Fault("/enrollments", is_lost=True, times=99),
            "the connection failed",
            id="the connection breaks",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            Fault("/classes", Answer(200, {"users": []})), 'the answer has no list "classes"', id="another list"
        ),
        pytest.param(Fault("/classes", Answer(200, "<html>")), "the answer is not JSON", id="no JSON"),
        pytest.param(
            Fault("/users", Answer(200, {"users": [{"givenName": "Ann"}]})),
            "a record has no sourcedId",
            id="no sourcedId",
        ),
        pytest.param(
            Fault("/courses", Answer(403, {"message": "No."})), "OneRoster answers 403 (No.)", id="not allowed"
        ),
        pytest.param(
            Fault("/courses", Answer(429, {}, {"Retry-After": "3600"})),
            "is used up for another 3,600 seconds",
            id="too long",
        ),
        pytest.param(
            Fault("/orgs", Answer(302, {}, {"Location": "https://elsewhere.example/orgs"})),
            "redirects to https://elsewhere.example/orgs, but the token must not be sent there",
            id="elsewhere",
        ),
        pytest.param(Fault("/token", Answer(200, {"hello": 1})), "gives no access token", id="no token"),
        pytest.param(Fault("/token", Answer(200, "[]")), "gives no access token", id="no object"),
        pytest.param(Fault("/token", Answer(200, {"access_token": ""})), "gives no access token", id="empty token"),
        pytest.param(Fault("/token", Answer(200, {"access_token": None})), "gives no access token", id="null token"),
        pytest.param(Fault("/token", Answer(200, {"access_token": "€"})), "gives no access token", id="wrong token"),
        pytest.param(Fault("/token", Answer(200, "[" * 200_000)), "gives no access token", id="a deep token"),
        pytest.param(Fault("/orgs", Answer(200, "[" * 200_000)), "the answer is not JSON", id="too deep"),
        pytest.param(Fault("/orgs", Answer(403, {"errors": 5})), "OneRoster answers 403.", id="no list of errors"),
        pytest.param(
            Fault("/orgs", Answer(302, {}, {"Location": "http://[::1"})),
            "that of a redirect is not valid",
            id="no address",
        ),
    ],
)
def test_half_an_answer_writes_nothing(sis: Sis, tmp_path: Path, fault: Fault, says: str) -> None:
    sis.faults = [fault]
    ran = fetch(sis, tmp_path, "--timeout", "3", code=1)
    assert says in ran.err
    assert "To fix: " in ran.err
    assert changed(tmp_path) == []
    fault.times = 0
    fetch(sis, tmp_path)
    before = files(tmp_path)
    fault.times = 99
    fetch(sis, tmp_path, "--timeout", "3", code=1)
    assert files(tmp_path) == before


def test_an_answer_that_is_too_large_is_not_read(newer: Sis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatsync.hosts.http._LARGEST", 1000)
    assert "the answer is larger than" in fetch(newer, tmp_path, code=1).err
    assert changed(tmp_path) == []


def test_a_record_that_comes_twice_stands_for_one_that_is_missing(newer: Sis, tmp_path: Path) -> None:
    duplicate(newer)
    assert "a record came twice, so others may be missing" in fetch(newer, tmp_path, code=1).err
    assert changed(tmp_path) == []


def test_a_list_that_changes_while_it_is_read_is_read_again(newer: Sis, tmp_path: Path) -> None:
    newer.data, newer.most = data("1.2", 25), 10
    newer.faults = [Fault("users?limit=1000&offset=10", then=lambda: newer.data["users"].append(user(99, "1.2")))]
    fetch(newer, tmp_path)
    assert len(files(tmp_path)["users.csv"].splitlines()) == 27


def test_a_server_that_keeps_no_order_is_asked_for_one(newer: Sis, tmp_path: Path) -> None:
    newer.data, newer.most, newer.is_shuffled = data("1.2", 25), 10, True
    fetch(newer, tmp_path)
    assert len(files(tmp_path)["users.csv"].splitlines()) == 26


@pytest.mark.parametrize("is_time", [False, True])
def test_a_rate_limit_is_waited_for(newer: Sis, tmp_path: Path, is_time: bool) -> None:
    after = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if is_time else "1"
    newer.faults = [Fault("/users", Answer(429, {}, {"Retry-After": after})), Fault("/orgs", Answer(503, {}))]
    fetch(newer, tmp_path)
    assert "users.csv" in files(tmp_path)


# ── Far fewer than before ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_without_people_is_refused(sis: Sis, tmp_path: Path) -> None:
    sis.data["users"].clear()
    assert "The answer has no people. Nothing was written." in fetch(sis, tmp_path, code=4).err
    assert changed(tmp_path) == []


@pytest.mark.parametrize(("collection", "noun"), [("users", "1 person"), ("enrollments", "1 enrollment")])
def test_fewer_than_half_are_refused_unless_that_is_said_to_be_right(
    sis: Sis, tmp_path: Path, collection: str, noun: str
) -> None:
    fetch(sis, tmp_path)
    before = files(tmp_path)
    del sis.data[collection][1:]
    ran = fetch(sis, tmp_path, code=4)
    assert f"The answer has {noun}, fewer than half of the 3 in rosters/sis/{collection}.csv." in ran.err
    assert files(tmp_path) == before
    ran = fetch(sis, tmp_path, "--allow-shrink")
    assert f"{collection}.csv: 2 gone." in ran.out


def test_a_file_of_somebody_else_is_not_replaced(newer: Sis, tmp_path: Path) -> None:
    (tmp_path / "rosters" / "sis").mkdir(parents=True)
    (tmp_path / "rosters" / "sis" / "users.csv").write_text("email\nann@grace.example\n")
    ran = fetch(newer, tmp_path, code=1)
    assert "rosters/sis/users.csv was not written by a fetch" in ran.err
    assert [*files(tmp_path)] == ["users.csv"]


# ── How it is asked ─────────────────────────────────────────────────────────────────────────────────────────────────

SAFE = ["--url", "https://sis.example/ims/oneroster/v1p1", "--token-url", "https://sis.example/token"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--url", "http://sis.example/v1p1"], "anybody on the way could read the secret"),
        (["--url", "https://ann:hunter2@sis.example/v1p1"], "has a user or password in it"),
        (["--url", "sis.example"], "is not an address of the form https://"),
        (["--url", "https://sis.example/v1p1?tenant=7", *SAFE[2:]], '--url goes on with "?"'),
        (["--url", "https://sis.example/a b/v1p1"], "is not an address of the form https://"),
        (["--url", "ftp://sis.example/v1p1"], "is not an address of the form https://"),
        ([*SAFE[:2], "--token-url", "http://sis.example/token"], "--token-url begins with http://"),
        (SAFE[:2], "needs --token-url"),
        (["--url", "https://sis.example/api", *SAFE[2:]], "names no version"),
        (SAFE, "The environment variable SEATSYNC_FETCH_CLIENT_SECRET is not set."),
    ],
)
def test_no_secret_goes_where_others_could_read_it(tmp_path: Path, args: list[str], says: str) -> None:
    ran = seatsync("fetch", "oneroster", *args, "--into", "sis", "--client-id", ID, folder=tmp_path)
    assert (ran.code, says in ran.err) == (64, True), ran
    assert "hunter2" not in ran.err


def test_what_the_server_says_of_a_failure_is_told(sis: Sis, tmp_path: Path) -> None:
    del sis.data["courses"]
    assert f"OneRoster answers 404 (There is no {sis.address.removeprefix(sis.origin)}/courses.)" in (
        fetch(sis, tmp_path, code=1).err
    )


def test_a_server_that_repeats_the_secret_does_not_have_it_shown(
    newer: Sis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATSYNC_FETCH_CLIENT_SECRET", "0ther-s3cr3t" * 50)  # longer than what is shown of a message
    assert "(Not a client: ***)" in fetch(newer, tmp_path, code=1).err
