"""How people and programs name the columns of given and family names, in the commonest languages of schools: the surest names first."""

from __future__ import annotations

from collections.abc import Mapping

GIVEN_NAME: tuple[tuple[str, ...], ...] = (
    ("Given Name", "Given Names", "First Name", "First Names", "Forename", "Forenames", "Fname", "First"),
    ("Preferred First Name", "Preferred Name", "Legal First Name"),
    (
        "Vorname",
        "Vornamen",
        "Rufname",
        "Prénom",
        "Prénoms",
        "Prenom usuel",
        "Nombre de pila",
        "Primer nombre",
        "Nombres",
    ),
    (
        "Primeiro nome",
        "Nome próprio",
        "Voornaam",
        "Voornamen",
        "Roepnaam",
        "Imię",
        "Imiona",
        "Förnamn",
        "Tilltalsnamn",
    ),
    (
        "Fornavn",
        "Etunimi",
        "Etunimet",
        "Keresztnév",
        "Utónév",
        "Jméno",
        "Křestní jméno",
        "Meno",
        "Krstné meno",
        "Ime",
        "Prenume",
    ),
    ("Nama depan", "Ad", "Adı", "Имя", "Ім'я", "Име", "名", "名字", "이름", "الاسم الأول", "שם פרטי", "Όνομα"),
)

FAMILY_NAME: tuple[tuple[str, ...], ...] = (
    ("Family Name", "Family Names", "Last Name", "Last Names", "Surname", "Surnames", "Lname", "Last"),
    ("Legal Last Name",),
    (
        "Nachname",
        "Nachnamen",
        "Familienname",
        "Zuname",
        "Nom de famille",
        "Nom d'usage",
        "Apellidos",
        "Apellido",
        "Cognoms",
    ),
    (
        "Cognome",
        "Sobrenome",
        "Apelido",
        "Apelidos",
        "Último nome",
        "Achternaam",
        "Familienaam",
        "Nazwisko",
        "Efternamn",
    ),
    (
        "Etternavn",
        "Efternavn",
        "Sukunimi",
        "Vezetéknév",
        "Családnév",
        "Příjmení",
        "Priezvisko",
        "Prezime",
        "Priimek",
    ),
    ("Nume de familie", "Nama belakang", "Soyad", "Soyadı", "Soyisim", "Фамилия", "Прізвище", "Фамилно име"),
    ("姓", "姓氏", "성", "اسم العائلة", "שם משפחה", "Επώνυμο"),
)

BESIDE: Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "Name": (("family_name", "given_name", ("Vorname", "Vornamen", "Rufname")),),
    "Nom": (
        ("family_name", "given_name", ("Prénom", "Prénoms", "Prenom usuel")),
        ("given_name", "family_name", ("Cognoms", "Cognom")),
    ),
    "Nome": (("given_name", "family_name", ("Cognome", "Sobrenome", "Apelido", "Apelidos", "Último nome")),),
    "Nombre": (("given_name", "family_name", ("Apellido", "Apellidos", "Primer apellido")),),
    "Naam": (("family_name", "given_name", ("Voornaam", "Voornamen", "Roepnaam")),),
    "Navn": (("family_name", "given_name", ("Fornavn",)),),
    "Namn": (("family_name", "given_name", ("Förnamn", "Tilltalsnamn")),),
    "Nume": (("family_name", "given_name", ("Prenume",)),),
    "Név": (("family_name", "given_name", ("Keresztnév", "Utónév")),),
    "Primer apellido": (("family_name", "given_name", ("Nombre", "Nombres", "Primer nombre")),),
}
"""Names that mean a field only beside a column with the other name: name → (its field, the other field, the other's names).

A "Name" is all of a name, except in a German list with a "Vorname".
"""
