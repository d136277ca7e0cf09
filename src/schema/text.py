"""The first storey of the generator: YAML text → nodes that know where they stand.

A Node holds a str, a list of Nodes, or a dict from str to Node (in order); everything else of YAML (types, anchors, tags, several documents) is refused. What
the words mean is the next storey's business (tree.py).
"""
import yaml


class Mistake(Exception):
    """One thing wrong with a schema: file:line:column: what; remedy."""

    def __init__(self, place, what, remedy):
        super().__init__(f"{place}: {what}; {remedy}")


class Node:
    def __init__(self, place, value, key_place=None):
        self.place, self.value = place, value
        self.key_place = key_place or place  # where the key of a map's member stands

    def is_text(self):
        return isinstance(self.value, str)

    def is_list(self):
        return isinstance(self.value, list)

    def is_map(self):
        return isinstance(self.value, dict)

    def plain(self):
        """Without places: what the schema's hash is made of."""
        if self.is_map():
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if self.is_list() else self.value


def place_of(file, mark):
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


def read_map(file, node):
    found = {}
    for key, value in node.value:
        place = place_of(file, key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise Mistake(place, "a key must be a word", "write `name: …`")
        if key.value in found:
            raise Mistake(place, f"“{key.value}” stands here twice", "delete one of them")
        found[key.value] = read_node(file, value, place)
    return found


def read_node(file, node, key_place=None):
    place = place_of(file, node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return Node(place, read_map(file, node), key_place)
    if isinstance(node, yaml.SequenceNode):
        return Node(place, [read_node(file, item) for item in node.value], key_place)
    return Node(place, node.value, key_place)


def refuse_anchors(file, text):
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Mistake(place_of(file, event.start_mark), "schemas have no anchors or aliases", "write it out, or use `like:`")


def read_text(file, text):
    """The root Node of a schema's text. Raises Mistake."""
    try:
        refuse_anchors(file, text)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Mistake(place_of(file, mark), f"this is not YAML: {error.problem}", "mend the line, or the one above it") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise Mistake(f"{file}:1:1", f"this is not YAML: {str(error).splitlines()[0]}", "write it in UTF-8, with spaces") from None
    if node is None or not isinstance(node, yaml.MappingNode):
        raise Mistake(f"{file}:1:1", "a schema is a map", "begin it with `about: …`")
    return read_node(file, node)
