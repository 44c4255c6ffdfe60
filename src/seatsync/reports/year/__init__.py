"""The year run ahead, as text, data, a page and a calendar. None of them names a member."""
