#!/usr/bin/python3
import json, os, sys
boot, settled, waiting, known = os.urandom(8).hex(), 0, [], set()

def say(kind, /, **fields): print(json.dumps({kind: fields}), flush=True)
def send(i): say(waiting[i][0], sequence=settled + i + 1, **waiting[i][1])

def take(kind, said):
    global boot, settled, waiting
    if kind == "config" and settled and said.get("accepted", {}).get("boot") != boot: boot, settled = os.urandom(8).hex(), 0
    taken = said if kind in ("ack", "refused") else said.get("accepted", {}) if kind == "config" else {}
    n = taken.get("sequence", 0) - settled if taken.get("boot", boot) == boot else 0
    if 0 < n <= len(waiting): waiting, settled = waiting[n:], settled + n
    if kind == "config": say("hello", contract=1, driver=said["driver"], kind="ten_lines", boot=boot, next=settled + 1)
    if kind in ("config", "busy"): [send(i) for i in range(len(waiting))]
    if kind in ("order", "desired") and (name := (said["entry"], said["event"])) not in known:
        known.add(name)  # here it would do what was asked, if it is not too late
        done = "expired" if kind == "order" and said["not_after"] <= said["now"] else "done"
        waiting.append((done, {"entry": said["entry"], "event": said["event"]}))
        send(len(waiting) - 1)

for line in sys.stdin.buffer:
    try: take(*json.loads(line).popitem())
    except Exception as wrong: print("a line is passed over:", wrong, file=sys.stderr)
