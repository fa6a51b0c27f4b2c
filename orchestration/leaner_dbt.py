"""What of dbt is otherwise while it runs in this process: what nobody is shown is left out, and models take their turns by what waits for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter

from dbt.compilation import Linker
from dbt.graph.queue import GraphQueue
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.dataclass_schema import dbtClassMixin
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

_AT_A_TIME = 2  # models, as profiles.yml says

# For the words of a warning that nobody is shown dbt would look through the whole stack and every module that was imported, and so also
# load what is imported when it is first used.
BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt")  # type: ignore[method-assign]


def turns(parents: dict[str, set[str]]) -> dict[str, int]:
    """The turns that models take, lowest first: of those that may be built the one on which the longest chain of others waits. dbt itself goes by how
    many were before a model, so that the longest chain may begin last and end with nothing beside it."""
    behind = dict.fromkeys(parents, 0)
    for node in reversed([*TopologicalSorter(parents).static_order()]):
        for parent in parents[node]:
            behind[parent] = max(behind[parent], behind[node] + 1)
    return {node: -length for node, length in behind.items()}


@contextmanager
def leaner() -> Iterator[None]:
    """What of dbt is otherwise while a project that was parsed is run. It was held to dbt's schemas when it was parsed, and making these again
    takes as long as the rest of dbt's start; a summary of the graph and debugging events are shown to nobody, and are a fifth of what dbt
    does for small tables. Models take `turns`, and which is next is settled when a thread is free, where dbt settles it as soon as a model
    may be built."""

    def unless_debugging(said: Callable) -> Callable:
        def say(*arguments, **named) -> None:
            event = next(argument for argument in arguments if isinstance(argument, BaseEvent))
            if event.level_tag() != EventLevel.DEBUG:
                said(*arguments, **named)

        return say

    take = GraphQueue.get

    def take_when_free(queue: GraphQueue, *arguments, **named):
        with queue.some_task_done:
            queue.some_task_done.wait_for(lambda: len(queue.in_progress) < _AT_A_TIME)
        return take(queue, *arguments, **named)

    instead = {
        (dbtClassMixin, "validate"): classmethod(lambda cls, data: None),
        (Linker, "get_graph_summary"): lambda linker, manifest: {},
        (BaseEvent, "__init__"): unless_debugging(BaseEvent.__init__),
        (EventManager, "fire_event"): unless_debugging(EventManager.fire_event),
        (GraphQueue, "get"): take_when_free,
        (GraphQueue, "_get_scores"): lambda queue, graph: turns(
            {node: set(graph.predecessors(node)) for node in graph.nodes}
        ),
    }
    own = {(owner, name): owner.__dict__[name] for owner, name in instead}
    try:
        for (owner, name), other in instead.items():
            setattr(owner, name, other)
        yield
    finally:
        for (owner, name), it in own.items():
            setattr(owner, name, it)
