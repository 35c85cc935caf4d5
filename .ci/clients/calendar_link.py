"""A calendar program: fetches a calendar by its link, without a header, reads it with the
libraries icalendar and recurring-ical-events, and compares it with the windows that the API says.

    calendar_link.py URL    (a system with the demo organization)
"""

import datetime as dt
import json
import sys
import urllib.request

import icalendar
import recurring_ical_events

ADMIN = "293891d1-9278-4468-b322-6887e5e39164"
FROM, UNTIL = "2027-03-01T00:00:00Z", "2027-11-30T00:00:00Z"


def ask(url, body=None, method=None, token=ADMIN):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def instant(text):
    return dt.datetime.fromisoformat(text).astimezone(dt.timezone.utc)


def joined(windows):
    all_of = []
    for start, end in sorted(windows):
        if all_of and start <= all_of[-1][1]:
            all_of[-1][1] = max(all_of[-1][1], end)
        else:
            all_of.append([start, end])
    return all_of


def shown(base, schedule):
    """What the API says, and what the calendar shows."""
    share = {
        "organizationId": 1,
        "source": {"deviceId": 1},
        "receiver": {"userId": 2},
        "startDate": "2027-01-01",
        "endDate": "2028-12-31",
        "schedule": schedule,
    }
    path = f"{base}/v2/shares/{json.loads(ask(f'{base}/v2/shares', share))['shareId']}"
    link = json.loads(ask(f"{path}/calendar-link", method="POST"))["url"]
    text = ask(link, token=None)
    assert all(len(line) <= 75 for line in text.split(b"\r\n")), "a line is too long"
    calendar = icalendar.Calendar.from_ical(text)
    assert not calendar.errors and not [e for part in calendar.walk() for e in part.errors]
    assert calendar["X-WR-CALNAME"] == calendar["NAME"]
    assert calendar["REFRESH-INTERVAL"].dt == dt.timedelta(hours=1)
    uids = [str(event["UID"]) for event in calendar.walk("VEVENT")]
    assert len(set(uids)) == len(uids) and uids, uids

    first, last = instant(FROM), instant(UNTIL)
    events = recurring_ical_events.of(calendar).between(first, last)
    events = [[event.start, event.end] for event in events]
    events = [[max(first, s), min(last, e)] for s, e in ([t.astimezone(dt.timezone.utc) for t in two] for two in events)]
    answer = json.loads(ask(f"{path}/calendar?from={FROM}&until={UNTIL}"))
    windows = [[instant(window["from"]), instant(window["until"])] for window in answer["windows"]]
    ask(path, method="DELETE")
    return windows, joined(events)


def main(base):
    def rule(recurrence, start=None, end=None, day=None):
        hours = {"period": {"startTime": start, "endTime": end}} if start else {}
        return {"recurrence": recurrence, **({"dayOfWeek": day} if day else {}), **hours}

    for schedule in [
        [],
        [rule("Daily", "09:00:00", "17:00:00")],
        [rule("Daily", "22:00:00", "06:00:00")],
        [rule("Daily", "02:30:00", "02:45:00")],
        [rule("Weekly", "08:00:00", "12:00:00", day) for day in ("Monday", "Friday")],
        [rule("BiWeekly", "18:00:00", "02:15:00", "Saturday"), rule("Weekly", day="Tuesday")],
    ]:
        windows, events = shown(base, schedule)
        assert windows == events, (schedule, [two for two in zip(windows, events) if two[0] != two[1]][:1])
        print(f"{len(windows)} windows read by icalendar {icalendar.__version__}")


main(sys.argv[1])
