"""A witness that does what a test tells it: each request to it is answered by the test's own function, from a thread."""
import http.server
import threading

from c2sp import COSIGNATURE, Key, read_checkpoint, split_note


class Scripted:
    """answer(method, path, body) gives (status, content type, body), and perhaps where to go instead."""

    def __init__(self, answer=None, name="witness.example/scripted", seed=9):
        self.key = Key(name, COSIGNATURE, seed=bytes([seed]) * 32)
        self.answer, self.asked, self.lock = answer, [], threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    outer.asked.append(body)
                self.respond(*outer.answer("POST", self.path, body))

            def do_GET(self):
                self.respond(*outer.answer("GET", self.path, None))

            def respond(self, status, kind, body, location=None):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if location:
                    self.send_header("Location", location)
                self.end_headers()
                self.wfile.write(body)

            def handle(self):
                try:
                    super().handle()
                except ConnectionError:  # who asked has heard enough
                    pass

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()

    def line_for(self, body, time):
        """This witness's line under the checkpoint that a request has."""
        return self.key.line(split_note(note_of(body))[0], time)


def old_of(body):
    return int(body.split(b"\n", 1)[0].split(b" ")[1])


def note_of(body):
    return body.split(b"\n\n", 1)[1]


def size_of(body):
    return read_checkpoint(note_of(body))[1]
