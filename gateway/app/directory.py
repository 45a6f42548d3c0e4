"""The directory of the settings."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.directories import GroupMapping
from gateway.services.directory_people import DirectorySignOn
from gateway.settings import BadSettings, Settings, bind_password, directory_faults


def directory_of(settings: Settings) -> DirectorySignOn | None:
    """Signing in by the directory as it is configured; None without one. Raises ``BadSettings``."""
    ldap = settings.ldap
    if faults := directory_faults(ldap):
        raise BadSettings(faults)
    if not ldap.urls:
        return None
    from gateway.integrations.ldap import LdapDirectory, Registration  # slow to import, and few have a directory
    from gateway.integrations.ldap_names import normal_dn

    registration = Registration(
        urls=ldap.urls,
        bind_dn=ldap.bind_dn,
        bind_password=bind_password(ldap),
        user_base=ldap.user_base,
        user_filter=ldap.user_filter,
        group_base=ldap.group_base,
        group_filter=ldap.group_filter,
        start_tls=ldap.start_tls,
        authority=None if ldap.authority is None else str(ldap.authority),
        id_attribute=ldap.id_attribute,
        login_attribute=ldap.login_attribute,
        name_attribute=ldap.name_attribute,
        nested=ldap.nested,
    )
    mappings = tuple(GroupMapping(normal_dn(one.group), one.organisation, frozenset(one.roles)) for one in ldap.mapping)
    return DirectorySignOn(LdapDirectory(registration), mappings, timedelta(minutes=ldap.recheck_minutes))
