"""The alarms of a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk.aws_cloudwatch import Alarm
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from infra.alarm_list import alarm_list
from infra.alarm_topic import AlarmTopic

if TYPE_CHECKING:
    from infra.alarm_list import AlarmSpec
    from infra.alarm_settings import AlarmSettings
    from tool_contract.places import Places


class Alarms(Construct):
    """The alarms `<stack>-<what>`, which tell one topic when they ring and when they close."""

    def __init__(self, scope: Construct, construct_id: str, *, places: Places, settings: AlarmSettings) -> None:
        """Create the topic and the alarms of what is found at `places`."""
        super().__init__(scope, construct_id)
        self.topic = AlarmTopic(self, "Topic", alarms=settings)
        self._action = SnsAction(self.topic.topic)
        specs = alarm_list(places, settings)
        alarms = {spec.name: self._alarm(spec) for spec in specs}
        self.stopping_rollouts = [alarms[spec.name] for spec in specs if spec.stops_rollout]

    def _alarm(self, spec: AlarmSpec) -> Alarm:
        alarm = Alarm(
            self,
            spec.name,
            alarm_name=f"{Stack.of(self).stack_name}-{spec.name}",
            alarm_description=spec.description,
            metric=spec.metric,
            threshold=spec.threshold,
            comparison_operator=spec.comparison,
            datapoints_to_alarm=spec.periods,
            evaluation_periods=spec.of_periods,
            treat_missing_data=spec.missing,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
        return alarm
