"""openapi.json: the mission's API as OpenAPI 3.1, for whoever writes a client.

POST /api/DOMAIN/COMMAND gives a command, GET /api/DOMAIN/TABLE reads rows by page and filter, GET /api/events reads or follows what happened. Roles are the
security requirement's role names, one alternative each. What went wrong is a problem (RFC 9457). Bounds are those of the codec; a text's are bytes, so that
maxLength, which counts characters, is only the outer one.
"""
import json

from model import INT_MAX, LANGUAGES, ROLES, snake
from said import attribute_words, invented, type_words

VERSION = "0.1"
PAGE_MAX = 200
PROBLEM = "application/problem+json"


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def schema_of(type_, read=False):
    """The JSON Schema of one value; a secret is read as its number alone."""
    if type_.kind == "list":
        return {"type": "array", "maxItems": type_.max, "items": schema_of(type_.of, read)}
    if type_.kind == "secret" and not read:
        return {"type": "string", "pattern": hex_pattern(type_), "writeOnly": True}
    if type_.kind == "message":
        return ref(type_.message.name)
    return {"text": lambda: {"type": "string", "maxLength": type_.max}, "bytes": lambda: {"type": "string", "pattern": hex_pattern(type_)},
            "blob": lambda: {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "staged": lambda: {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "secret": lambda: {"type": "integer", "minimum": 0, "maximum": INT_MAX},
            "bool": lambda: {"type": "boolean"}, "enum": lambda: {"type": "string", "enum": type_.enum.values}, "json": dict,
            "ref": lambda: {"type": "integer", "minimum": 0, "maximum": INT_MAX}, "id": lambda: {"type": "integer", "minimum": 0, "maximum": INT_MAX}}.get(
                type_.kind, lambda: {"type": "integer", "minimum": type_.min, "maximum": type_.max})()


def hex_pattern(type_):
    return f"^([0-9a-f]{{2}}){{{type_.min},{type_.max}}}$"


def member(f, erasable=False):
    """With what its type cannot say in words; an erased value is null."""
    value = schema_of(f.type, erasable)
    null = f.or_null or (erasable and "personal" in f.attributes)
    if null:
        value = {"anyOf": [value, {"type": "null"}]}
    words = type_words(f.type) + "".join(f"; {word}" for word in attribute_words(f.attributes)) + ("; null: erased" if null and not f.or_null else "")
    return {**value, "description": words} if "$ref" not in value else {"allOf": [value], "description": words}


def object_of(fields, about, erasable=False, required=None):
    needed = [f.name for f in fields if not f.optional] if required is None else required
    made = {"type": "object", "description": about, "properties": {f.name: member(f, erasable) for f in fields}, "additionalProperties": False}
    return {**made, "required": needed} if needed else made


def message_schema(message):
    if message.one_of:
        return {**object_of(message.fields, message.about, required=[]), "minProperties": 1, "maxProperties": 1}
    return object_of(message.fields, message.about)


def named(name, properties, about):
    """{name: CONST, …}: one of the alternatives of an event or a refusal."""
    return {"type": "object", "description": about, "properties": {"name": {"const": name}, **properties}, "required": ["name", *properties],
            "additionalProperties": False}


def event_schema(event):
    return named(event.name, {"body": object_of(event.body.fields, event.says["en"], erasable=True)}, event.about)


def refusal_schema(refusal):
    return named(refusal.name, {"takes": object_of(refusal.takes.fields, refusal.sentences["en"])}, refusal.about)


def used_messages(tree):
    """Of the declared messages those that commands, events, refusals or rows hold; the lines of drivers are no part of the API."""
    bodies = [i.takes for i in tree.inputs.values() if i.kind == "command"] + [i.gives for i in tree.inputs.values() if i.gives]
    bodies += [e.body for e in tree.events.values()] + [r.takes for r in tree.refusals.values()]
    left = [f for body in bodies for f in body.fields] + [f for table in tree.tables.values() for f in table.fields]
    found = {}
    while left:
        type_ = left.pop().type.item()
        if type_.kind == "message" and type_.message.name not in found:
            found[type_.message.name] = type_.message
            left += type_.message.fields
    return found


# Answers

def content(schema, media="application/json"):
    return {media: {"schema": schema}}


def problems(*numbers):
    return {str(number): {"$ref": f"#/components/responses/{number}"} for number in numbers}


PROBLEMS = {400: "The body is not what the schema says; `path` and `offset` tell where.", 401: "Nobody is signed in.",
            403: "None of the person's roles may do this; the journal has an entry of it.", 404: "There is no such row, or not for this reader.",
            429: "Too much in too short a time.", 503: "The core does not take it now; Retry-After says when to try again."}


def security(roles):
    return [{"session": [role]} for role in roles]


# Commands

def command_path(book, command):
    extras = [words for words in attribute_words(command.attributes)]
    about = f"{command.about}" + "".join(f" {words[0].upper()}{words[1:]}." for words in extras)
    codes = command.refuses + [r.name for r in book.tree.refusals.values() if r.any_command]
    answer = {"type": "object", "properties": {"entry": {"type": "integer", "minimum": 0, "maximum": INT_MAX}, "gives": ref(f"{command.name}.gives")},
              "required": ["entry", "gives"], "additionalProperties": False}
    responses = {"200": {"description": "It is done and durable, in this entry of the journal.", "content": content(answer)},
                 "409": {"description": f"The mission refused: {', '.join(codes)}.", "content": content(refused(codes), PROBLEM)}}
    if command.attributes.get("approve", "false") == "true":
        waiting = {"type": "object", "properties": {"entry": answer["properties"]["entry"]}, "required": ["entry"], "additionalProperties": False}
        responses["202"] = {"description": "It waits for a second person.", "content": content(waiting)}
    example = {f.name: invented(command.domain, f) for f in command.takes.fields if not f.optional}
    body = {"required": True, "content": {"application/json": {"schema": ref(command.name), "example": example}}}
    return {"post": {"operationId": command.name, "summary": command.about, "description": about, "tags": [command.domain], "security": security(command.who),
                     "requestBody": body, "responses": {**responses, **problems(400, 401, 403, 429, 503)}}}


def refused(codes):
    why = {"type": "object", "properties": {"refusal": {"anyOf": [ref(f"refusal.{code}") for code in codes]}}, "required": ["refusal"]}
    return {"allOf": [ref("Problem"), why]}


# Tables

def readers_of(table):
    """The roles that may see something of a row."""
    seen = {role for f in table.fields for role in f.attributes.get("see", ())}
    return [role for role in ROLES if role in seen]


def filters(table):
    """Equality, for what is found by its value and what has few values."""
    for f in table.fields[1:]:
        if f.unique or f.indexed or f.type.kind in ("ref", "enum", "bool"):
            yield {"name": f.name, "in": "query", "required": False, "description": f"Only rows whose {f.name} is this.", "schema": schema_of(f.type)}


def page_parameters():
    return [{"$ref": f"#/components/parameters/{name}"} for name in ("limit", "after")]


def page(item, of):
    return {"type": "object", "properties": {of: {"type": "array", "maxItems": PAGE_MAX, "items": item},
                                             "next": {"type": "string", "maxLength": 200, "description": "The mark of the next page; absent at the end."}},
            "required": [of], "additionalProperties": False}


def table_paths(table):
    place = f"/api/{table.domain}/{snake(table.name)}"
    one = {"name": table.key().name, "in": "path", "required": True, "description": "The row's number.", "schema": schema_of(table.key().type)}
    common = {"tags": [table.domain], "security": security(readers_of(table))}
    found = {"description": "A page of rows, by number.", "content": content(page(ref(table.name), "rows"))}
    rows = {**common, "operationId": f"{table.domain}.{table.name}.rows", "summary": table.about, "parameters": [*filters(table), *page_parameters()],
            "responses": {"200": found, **problems(400, 401, 403, 503)}}
    row = {**common, "operationId": f"{table.domain}.{table.name}.row", "summary": f"One row of {table.name}.", "parameters": [one],
           "responses": {"200": {"description": "The row.", "content": content(ref(table.name))}, **problems(401, 403, 404, 503)}}
    return {place: {"get": rows}, f"{place}/{{{table.key().name}}}": {"get": row}}


def row_schema(table):
    """What a reader may not see is not there."""
    return object_of(table.fields, f"{table.about} Members that the reader may not see are absent.", erasable=True, required=[table.key().name])


# Events

def events_path(book):
    names = {"name": "name", "in": "query", "required": False, "description": "Only events of this name.",
             "schema": {"type": "string", "enum": list(book.tree.events)}}
    about = ("Newest last. With Accept: text/event-stream the answer goes on: each event is sent as it becomes durable, its mark as the id, and Last-Event-ID "
             "resumes behind it.")
    stream = {"schema": {"type": "string", "description": "A stream of server-sent events; data is one item of the page."}}
    responses = {"200": {"description": "What happened, as far as the reader may see it.",
                         "content": {**content(page(ref("Happened"), "events")), "text/event-stream": stream}}, **problems(400, 401, 403, 503)}
    return {"get": {"operationId": "events", "summary": "What the mission made of what happened.", "description": about, "tags": ["events"],
                    "security": security(ROLES), "parameters": [names, *page_parameters()], "responses": responses}}


def happened(book):
    members = {"mark": {"type": "string", "maxLength": 200, "description": "Where it stands; opaque."},
               "wall": {"type": "integer", "description": "When, in ms since 1970-01-01T00:00Z."},
               "event": {"anyOf": [ref(f"event.{name}") for name in book.tree.events]}}
    return {"type": "object", "description": "An event as its reader may see it.", "properties": members, "required": list(members),
            "additionalProperties": False}


PROBLEM_SCHEMA = {
    "type": "object", "description": "RFC 9457, with what Chancery's errors have besides.",
    "properties": {"type": {"type": "string", "format": "uri-reference"}, "title": {"type": "string"},
                   "status": {"type": "integer", "minimum": 400, "maximum": 599}, "detail": {"type": "string"}, "remedy": {"type": "string"},
                   "instance": {"type": "string", "format": "uri-reference"},
                   "path": {"type": "string", "description": "The member that is wrong: readers[3].key"}, "offset": {"type": "integer", "minimum": 0},
                   "entry": {"type": "integer", "minimum": 0, "maximum": INT_MAX}},
    "required": ["type", "title", "status"]}

PARAMETERS = {
    "limit": {"name": "limit", "in": "query", "required": False, "description": "At most so many.",
              "schema": {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": 50}},
    "after": {"name": "after", "in": "query", "required": False, "description": "The mark that the page before gave as `next`.",
              "schema": {"type": "string", "maxLength": 200}}}


def schemas(book):
    tree = book.tree
    made = {name: message_schema(message) for name, message in used_messages(tree).items()}
    made.update({table.name: row_schema(table) for table in tree.tables.values() if readers_of(table)})
    for i in tree.inputs.values():
        if i.kind == "command":
            made[i.name] = object_of(i.takes.fields, i.about)
            made[f"{i.name}.gives"] = object_of(i.gives.fields if i.gives else [], f"What {i.name} gives.")
    made.update({f"event.{e.name}": event_schema(e) for e in tree.events.values()})
    made.update({f"refusal.{r.name}": refusal_schema(r) for r in tree.refusals.values()})
    return {**made, "Happened": happened(book), "Problem": PROBLEM_SCHEMA}


def emit(book):
    tree = book.tree
    paths = {f"/api/{i.domain}/{i.word}": command_path(book, i) for i in tree.inputs.values() if i.kind == "command"}
    for table in tree.tables.values():
        for path, item in (table_paths(table) if readers_of(table) else {}).items():
            paths.setdefault(path, {}).update(item)
    paths["/api/events"] = events_path(book)
    responses = {str(number): {"description": about, "content": content(ref("Problem"), PROBLEM)} for number, about in PROBLEMS.items()}
    session = {"type": "apiKey", "in": "cookie", "name": "session",
               "description": f"Who is signed in. The names in a requirement are roles: {', '.join(ROLES)}. "
                              f"Sentences come in {', '.join(LANGUAGES)} (Accept-Language)."}
    tags = [{"name": domain, "description": tree.abouts[domain]} for domain in book.domains()] + [{"name": "events", "description": "What happened."}]
    document = {"openapi": "3.1.0", "info": {"title": "Chancery", "version": VERSION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                                             "description": "The security operations system of a diplomatic mission: its own API, on this machine."},
                "servers": [{"url": "/"}], "tags": tags, "paths": paths,
                "components": {"schemas": schemas(book), "parameters": PARAMETERS, "responses": responses, "securitySchemes": {"session": session}}}
    return {"openapi.json": json.dumps(document, ensure_ascii=False, indent=1) + "\n"}
