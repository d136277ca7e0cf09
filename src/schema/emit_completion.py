"""Completion of the command line for bash, zsh and fish: commands, members, the values of enums, and the tables that a ref may name.

Rows are not completed: the core has no question whose answer would be quick and cut by the reader's rights.
"""
from model import snake
from said import spoken, type_words

BASH = """# Completion of chancery(1) for bash; made from the schemas.

_chancery_words()
{
	local prefix=${cur%"${cur##*,}"} # of a list, what is typed already
	COMPREPLY=($(compgen -P "$prefix" -W "$1" -- "${cur##*,}"))
	case ${COMPREPLY[0]} in *:) compopt -o nospace 2>/dev/null ;; esac
}

_chancery()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} at=1
	COMPREPLY=()
	if [ "$prev" = -C ] && [ "$COMP_CWORD" = 2 ]; then
		COMPREPLY=($(compgen -d -- "$cur"))
		return
	fi
	[ "${COMP_WORDS[1]}" = -C ] && at=3
	if [ "$COMP_CWORD" -le "$at" ]; then
		_chancery_words "@FIRST@"
		return
	fi
	local command=${COMP_WORDS[at]}
	case $command in
@DOMAIN_ARMS@	esac
	case $command/$prev in
@VALUE_ARMS@	esac
	case $command in
@COMMAND_ARMS@	esac
}

complete -F _chancery chancery
"""

ZSH = """#compdef chancery
# Completion of chancery(1) for zsh; made from the schemas.

_chancery()
{
	local at=2 command previous
	if [[ ${words[2]} == -C ]]; then
		if (( CURRENT == 3 )); then
			_files -/
			return
		fi
		at=4
	fi
	if (( CURRENT <= at )); then
		compadd -- @FIRST@
		return
	fi
	command=${words[at]} previous=${words[CURRENT-1]}
	case $command in
@DOMAIN_ARMS@	esac
	case $command/$previous in
@VALUE_ARMS@	esac
	case $command in
@COMMAND_ARMS@	esac
}

_chancery "$@"
"""

FISH = """# Completion of chancery(1) for fish; made from the schemas.

# Whether the words before the one in hand are these, -C DIR left out; without any, whether the command itself is next.
function __chancery_at
	set -l words (commandline -opc)[2..-1]
	if test "$words[1]" = -C
		set -e words[1..2]
	end
	set -l n (count $argv)
	if test $n -eq 0
		test (count $words) -eq 0
	else
		test (count $words) -ge $n; and test "$words[1..$n]" = "$argv"
	end
end

# The same, and nothing behind them yet.
function __chancery_next
	set -l words (commandline -opc)[2..-1]
	if test "$words[1]" = -C
		set -e words[1..2]
	end
	test "$words" = "$argv"
end

complete -c chancery -f
complete -c chancery -n __chancery_at -s C -x -a '(__fish_complete_directories)' -d 'The mission’s directory'
"""


def values_of(f):
    """The words that may stand for a member; none where anything may."""
    type_ = f.type.item()
    return {"enum": lambda: type_.enum.values, "bool": lambda: ["true", "false"], "ref": lambda: [f"{snake(type_.table)}:"]}.get(type_.kind, list)()


def operand_values(book, command):
    """What may stand behind one of the cli's own commands: words, and what the shell completes by itself ('FILE', 'DIR')."""
    tables = [f"{table.c_name}:" for table in book.tree.tables.values()]
    operand = command.operand()
    return command.words() + sorted(command.options()) + (tables if operand == "REF" else []), operand if operand in ("FILE", "DIR") else ""


def first_words(book):
    return ["help"] + [command.name for command in book.commands] + [domain for domain in book.domains() if book.commands_of(domain)]


def with_commands(book):
    return [(domain, book.commands_of(domain)) for domain in book.domains() if book.commands_of(domain)]


def options_of(command):
    return [f"--{spoken(f.name)}" for f in command.takes.fields]


# bash and zsh: the same arms, said in each shell's words

def arms(book, words, files, position):
    """(domains, values, commands): the arms of three `case`s. words(list), files(kind): the shell's ways to offer them; position: whether the word in hand is
    the first behind the domain."""
    domains, values, commands = [], [], []
    for domain, own in with_commands(book):
        domains.append(f"\t{domain})\n\t\tif {position}; then\n\t\t\t{words([spoken(c.word) for c in own])}\n\t\t\treturn\n\t\tfi\n"
                       f'\t\tcommand="{domain} @NEXT@" ;;\n')
        for c in own:
            name = f"{domain} {spoken(c.word)}"
            values += [f'\t"{name}/--{spoken(f.name)}")' + (f"\n\t\t{words(values_of(f))}\n\t\treturn ;;\n" if values_of(f) else " return ;;\n")
                       for f in c.takes.fields]
            commands.append(f'\t"{name}") {words(options_of(c) + ["--help"])} ;;\n')
    for command in book.commands:
        offered, kind = operand_values(book, command)
        values += [f'\t"{command.name}/{name}") {files("DIR") if name == "--sample" else "return"} ;;\n' for name, takes in command.options().items() if takes]
        if kind or offered:
            lines = ([files(kind)] if kind else []) + ([words(offered)] if offered else [])
            commands.append(f"\t{command.name})\n" + "".join(f"\t\t{line}\n" for line in lines[:1 if kind else 2]) + "\t\t;;\n")
    return "".join(domains), "".join(values), "".join(commands)


def filled(template, first, three):
    for mark, text in zip(("@FIRST@", "@DOMAIN_ARMS@", "@VALUE_ARMS@", "@COMMAND_ARMS@"), (first, *three)):
        template = template.replace(mark, text)
    return template


def bash(book):
    three = arms(book, lambda words: f'_chancery_words "{" ".join(words)}"',
                 lambda kind: f'COMPREPLY=($(compgen -{"d" if kind == "DIR" else "f"} -- "$cur"))', '[ "$COMP_CWORD" = $((at + 1)) ]')
    return filled(BASH, " ".join(["-C", *first_words(book)]), three).replace("@NEXT@", "${COMP_WORDS[at + 1]}")


def zsh(book):
    def words(offered):
        suffix = "-S '' " if offered and offered[-1].endswith(":") else ""
        return f"compset -P '*,'; compadd {suffix}-- {' '.join(offered)}"
    three = arms(book, words, lambda kind: "_files -/" if kind == "DIR" else "_files", "(( CURRENT == at + 1 ))")
    return filled(ZSH, " ".join(["-C", *first_words(book)]), three).replace("@NEXT@", "${words[at+1]}")


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_values(f):
    values = " ".join(values_of(f))
    return f"(__fish_append , {values})" if f.type.kind == "list" else values


def fish(book):
    lines = [FISH, f"complete -c chancery -n __chancery_at -a help -d {quoted('What there is')}\n"]
    for command in book.commands:
        offered, kind = operand_values(book, command)
        lines.append(f"complete -c chancery -n __chancery_at -a {command.name} -d {quoted(command.about)}\n")
        at = quoted(f"__chancery_at {command.name}")
        operands = [value for value in offered if not value.startswith("--")]
        if kind:
            lines.append(f"complete -c chancery -n {at} -F\n")
        if operands:
            lines.append(f"complete -c chancery -n {quoted(f'__chancery_next {command.name}')} -a {quoted(' '.join(operands))}\n")
        lines += [f"complete -c chancery -n {at} -l {name[2:]}{' -r' if takes else ''}\n" for name, takes in command.options().items()]
    for domain, own in with_commands(book):
        lines.append(f"complete -c chancery -n __chancery_at -a {domain} -d {quoted(book.tree.abouts[domain])}\n")
        for c in own:
            lines.append(f"complete -c chancery -n {quoted(f'__chancery_next {domain}')} -a {spoken(c.word)} -d {quoted(c.about)}\n")
            at = quoted(f"__chancery_at {domain} {spoken(c.word)}")
            for f in c.takes.fields:
                offered = f" -a {quoted(fish_values(f))}" if values_of(f) else ""
                lines.append(f"complete -c chancery -n {at} -l {spoken(f.name)} -x{offered} -d {quoted(type_words(f.type))}\n")
    return "".join(lines)


def emit(book):
    return {"chancery.bash": bash(book), "_chancery": zsh(book), "chancery.fish": fish(book)}
