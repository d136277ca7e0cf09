"""The equipment behind a driver that is tested: what only it can know. This one is none; a driver of real equipment brings a file with a class
`Equipment` that inherits from it and says what differs (osdp_equipment.py).
"""
import tempfile


class Equipment:
    name = "trial-1"       # of the driver, in mission.yaml
    keeps = False          # the driver keeps what `begin` gives it a key for: nothing is lost when it is killed
    key = "5a" * 32        # for begin
    table_key = None       # who signs grant tables, 32 bytes in hexadecimal digits
    flood_reports = 0, 0   # how many reports may come of flood() at once, and with each second that it takes

    def __init__(self, options, log):
        self.log = log
        self.temporary = tempfile.TemporaryDirectory(prefix="conformance-")
        self.directory = self.temporary.name  # the driver's current one

    def close(self):
        self.temporary.cleanup()

    def settings(self):
        """What the core says in config."""
        return {}

    def other_settings(self):
        """Settings that are not those; None when there are none."""
        return {"other": True}

    def ready(self, driver):
        """Returns when the driver can act on its equipment."""

    def order(self):
        """Name and body of an order that it can carry out now."""
        return "trial.Ordered", {}

    def unknown_order(self):
        """Name and body of an order that it cannot carry out; None when it takes all."""
        return None

    def effects(self):
        """How often such an order has had its effect; None when nobody can tell."""
        return None

    def desired(self):
        """Name, key and two bodies of a desired state: one, and the one that takes its place."""
        return "trial.Held", "all", {"held": True}, {"held": False}

    def stir(self):
        """Makes something happen that the driver reports. False: there is nothing."""
        return False

    def flood(self):
        """Makes far too much happen. False: there is nothing."""
        return False

    def decided(self, driver):
        """Lets the driver decide something in the core's place, which does not answer; the sequence of the report that went unanswered. None: it
        never does."""
        return None

    def table(self, number, driver=None, damaged=False):
        """The bytes of a grant table; None when it takes none."""
        return None
