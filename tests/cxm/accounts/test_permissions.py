"""What roles and keys may do."""

from cxm.accounts import permissions


def test_every_right_that_a_program_may_be_given_is_said_in_words():
    of_people_alone = {"tenant.manage", "members.manage", "keys.manage"}
    of_programs_alone = {"events.write", "messages.send", "calls.write"}
    assert set(permissions.KEY_SCOPES) == (permissions.ALL - of_people_alone) | of_programs_alone
    assert len({str(words) for words in permissions.KEY_SCOPES.values()}) == len(permissions.KEY_SCOPES)
