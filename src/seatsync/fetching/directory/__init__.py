"""LDAP directories (OpenLDAP, Active Directory, FreeIPA), read into one CSV roster."""
