"""chancery.1, and chancery-DOMAIN.1 for each subject of the mission's work, in mdoc(7)."""
import re
import shlex
import textwrap

from model import snake
from said import attribute_words, invented, marks, spoken, typed, type_words, written

WIDTH = 78  # bytes of a line
PURPOSE = ("It watches the mission’s doors; decides, by written rules that explain themselves, who may enter; writes down what happened and what it decided; "
           "and only then lets anyone act. It needs no line to the outside.")
DATE = "November 24, 2026"  # of this form of the pages; what they say changes with the schemas


def word(text):
    """An argument of a macro: no macro itself, and one word."""
    safe = text.replace("\\", "\\e").replace('"', "\\(dq")
    return f'"\\&{safe}"' if re.search(r"\s", safe) else f"\\&{safe}"


def wrapped(text):
    """Filled lines, each sentence on a new one, none that roff takes for a request."""
    lines = []
    for sentence in re.split(r"(?<=[.!?:]) +(?=[A-Z“])", text.replace("\\", "\\e")):
        width = WIDTH - (len(sentence.encode()) - len(sentence))  # bytes count
        lines += [line if line[0] not in ".'" else "\\&" + line for line in textwrap.wrap(sentence, max(width, WIDTH // 2), break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def head(title, about):
    name = about.rstrip(".?").replace("\\", "")
    return f".Dd {DATE}\n.Dt {title.upper()} 1\n.Os\n.Sh NAME\n.Nm {title}\n.Nd {name[0].lower() + name[1:]}\n"


def option(name, argument, optional):
    line = f"Fl \\&-{name}" + (f" Ar {word(argument)}" if argument else "")
    return f".Op {line}\n" if optional else f".{line}\n"


def synopsis_of(domain, command):
    lines = [f".Nm chancery\n.Op Fl C Ar dir\n.Cm {domain} {spoken(command.word)}\n"]
    return "".join(lines + [option(spoken(f.name), argument_name(f), f.optional) for f in command.takes.fields])


def argument_name(f):
    """Short, for the synopsis."""
    type_ = f.type.item()
    name = snake(type_.table) if type_.kind == "ref" else {"text": "text", "int": "n", "bytes": "hex", "enum": f.name}.get(type_.kind, type_.kind)
    return spoken(name)


def member(f):
    about = f"{capital(type_words(f.type))}."
    about += f" Written {written(f.type)}." if written(f.type) else ""
    more = [mark for mark in marks(f) if mark != "optional"]
    about += f" {capital('; '.join(more))}." if more else ""
    return f".It Fl \\&-{spoken(f.name)} Ar {word(argument_name(f))}" + (" Pq may be left out" if f.optional else "") + f"\n{wrapped(about)}"


def capital(text):
    return text[:1].upper() + text[1:]


def tagged(rows):
    return ".Bl -tag -width Ds\n" + "".join(rows) + ".El\n" if rows else ""


def example(domain, command):
    words = ["chancery", domain, spoken(command.word)]
    for f in command.takes.fields:
        if not f.optional:
            words += [f"--{spoken(f.name)}", typed(f.type, invented(domain, f))]
    return " ".join(map(shlex.quote, words))


def literal(line):
    return f".Bd -literal -offset indent\n{line.replace(chr(92), chr(92) + 'e')}\n.Ed\n"


def act_words(act):
    return "" if act == "none" else f"The law is asked about {act.get('name', '')} of {act.get('object', '')} before."


def command_text(domain, command):
    given = f"Given by {', '.join(command.who)}." if command.who else ""
    more = attribute_words({key: spoken(value) if key == "undo" else value for key, value in command.attributes.items()})
    asked = act_words(command.attributes.get("act", "none"))
    about = " ".join(part for part in (command.about, given, asked, *(f"{capital(words)}." for words in more)) if part)
    parts = [f".Ss {word(f'{domain} {spoken(command.word)}')}\n", wrapped(about), tagged([member(f) for f in command.takes.fields])]
    if command.gives and command.gives.fields:
        parts.append(".Pp\nGives\n" + tagged([f".It {word(f.name)}\n{wrapped(capital(type_words(f.type)) + '.')}" for f in command.gives.fields]))
    if command.refuses:
        parts.append(".Pp\n" + wrapped(f"Refused with {', '.join(command.refuses)}."))
    return "".join(parts) + ".Pp\nFor example:\n" + literal(example(domain, command))


def sentence_rows(things, sentence_of):
    return tagged([f".It {word(thing.name)}\n{wrapped(thing.about)}.Pp\n{wrapped('“' + sentence_of(thing) + '”')}" for thing in things])


def takes_rows(inputs):
    rows = []
    for i in inputs:
        members = ", ".join(f"{f.name} ({type_words(f.type)})" for f in i.takes.fields)
        rows.append(f".It {word(i.name)}\n{wrapped(i.about + (f' Takes {members}.' if members else ''))}")
    return tagged(rows)


def domain_page(book, domain):
    commands = book.commands_of(domain)
    title = f"chancery-{domain}"
    parts = [head(title, book.tree.abouts[domain]), ".Sh SYNOPSIS\n"]
    parts += [synopsis_of(domain, command) for command in commands] or [".Nm chancery\n.Op Fl C Ar dir\n.Cm history\n.Ar ref\n"]
    parts.append(".Sh DESCRIPTION\n" + wrapped(book.tree.abouts[domain]))
    if commands:
        parts += [".Sh COMMANDS\n", *(command_text(domain, command) for command in commands)]
    else:
        parts.append(".Pp\n" + wrapped("Nobody gives commands here. What happens comes from drivers and from other subjects, and is read in the history."))
    for title_, inputs in (("WHAT DRIVERS REPORT", "report"), ("WHAT THE CORE BEGINS WITH", "start")):
        found = [i for i in book.of(book.tree.inputs, domain) if i.kind == inputs]
        if found:
            parts.append(f".Sh {title_}\n" + takes_rows(found))
    events, refusals = book.of(book.tree.events, domain), book.of(book.tree.refusals, domain)
    if events:
        parts.append(".Sh EVENTS\nWhat the record says of it.\n" + sentence_rows(events, lambda e: e.says["en"]))
    if refusals:
        parts.append(".Sh REFUSALS\n" + sentence_rows(refusals, lambda r: r.sentences["en"]))
    return "".join(parts) + exit_status(book) + see_also(book, domain)


def exit_status(book):
    return ".Sh EXIT STATUS\n" + tagged([f".It {number}\n{wrapped(capital(about) + '.')}" for number, about in book.exit_codes])


def see_also(book, but=None):
    names = sorted(f"chancery-{name}" for name in book.domains() if name != but)
    names = (["chancery"] if but else []) + names
    return ".Sh SEE ALSO\n" + "".join(f".Xr {name} 1{' ,' if name != names[-1] else ''}\n" for name in names)


def overview(book):
    rows = []
    for command in book.commands:
        about = wrapped(capital(command.about.rstrip(".")) + ".")
        if len(command.ways) == 1:
            rows.append(f".It {word(f'{command.name} {command.ways[0]}'.strip())}\n{about}")
        else:
            rows.append(f".It {word(command.name)}\n{about}{literal(chr(10).join(f'chancery {command.name} {way}' for way in command.ways))}")
    own = []
    for domain in book.domains():
        commands = ", ".join(spoken(c.word) for c in book.commands_of(domain))
        own.append(f".It Xr chancery-{domain} 1\n{wrapped(book.tree.abouts[domain] + (f' Commands: {commands}.' if commands else ''))}")
    return "".join((
        head("chancery", "The security operations system of a diplomatic mission."),
        ".Sh SYNOPSIS\n.Nm\n.Op Fl C Ar dir\n.Ar command\n.Op Ar argument ...\n",
        ".Nm\n.Op Fl C Ar dir\n.Ar subject command\n.Op Fl \\&-member Ar value ...\n",
        ".Sh DESCRIPTION\n", wrapped(PURPOSE),
        ".Pp\nThe options are:\n", tagged([f".It Fl C Ar dir\n{wrapped('The mission’s directory; without it CHANCERY_MISSION or the current one.')}"]),
        ".Sh COMMANDS\n", tagged(rows),
        ".Sh THE MISSION’S OWN COMMANDS\n", wrapped("Each has a page of its own, and says its members with --help behind it."), tagged(own),
        ".Sh ENVIRONMENT\n", tagged([
            f".It Ev CHANCERY_MISSION\n{wrapped('The mission’s directory where -C names none.')}",
            f".It Ev LC_ALL , LC_MESSAGES , LANG\n{wrapped('The language of sentences: English, French, Spanish or Arabic.')}"]),
        exit_status(book), see_also(book)))


def emit(book):
    return {"chancery.1": overview(book), **{f"chancery-{domain}.1": domain_page(book, domain) for domain in book.domains()}}
