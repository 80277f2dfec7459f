"""What a browser would post of a form of clauses, as it stands."""


def fields_of(form) -> dict[str, str | list[str]]:
    """Return what a browser would post if nothing was touched."""
    posted = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, list):
            posted[bound.html_name] = value
        elif value not in {None, False, ""}:
            posted[bound.html_name] = "on" if value is True else str(value)
    for block in form.blocks():
        if block.editor is None:
            continue
        editor = block.editor
        posted[f"{editor.name}-shape"] = editor.shape
        posted[f"{editor.name}-join"] = editor.join
        posted[f"{editor.name}-tree"] = editor.text
        for group in editor.groups:
            posted[f"{group.name}-join"] = group.join
            posted[f"{group.name}-not"] = "on" if group.negated else ""
        for row in editor.rows:
            posted[f"{row.name}-field"], posted[f"{row.name}-op"] = row.field, row.op
            posted[f"{row.name}-value"] = row.value
            posted[f"{row.name}-not"] = "on" if row.negated else ""
    return posted
