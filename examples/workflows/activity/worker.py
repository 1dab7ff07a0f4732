"""A worker of an activity: asks for a task, does it, and says what came of it. `python worker.py ACTIVITY-ARN NAME`."""

import json
import sys

import boto3


def main(activity, name):
    states = boto3.client("stepfunctions")
    while True:
        # Waits for up to a minute; then there is an answer without a task.
        task = states.get_activity_task(activityArn=activity, workerName=name)
        if task.get("taskToken"):
            work(states, name, task["taskToken"], json.loads(task["input"]))


def work(states, name, token, given):
    number = given["number"]
    states.send_task_heartbeat(taskToken=token)
    if number % 5 == 4:
        states.send_task_failure(taskToken=token, error="Tired", cause=name)
    else:
        states.send_task_success(taskToken=token, output=json.dumps({"square": number * number}))


if __name__ == "__main__":
    main(*sys.argv[1:])
