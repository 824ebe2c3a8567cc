"""What a study's models are judged by, and how they decide: read from the request, checked against the task."""

from holdfast.arrays import Floats
from holdfast.errors import RequestError
from holdfast.evaluate.decision import LIKELIEST, Decision, Wish, by_costs, by_threshold, read_wish
from holdfast.metrics.cost import MEAN_COST, mean_cost
from holdfast.metrics.metric import Metric
from holdfast.study.request import Request
from holdfast.tasks.costs import cost_table
from holdfast.tasks.task import Task


def metrics_of(request: Request, task: Task) -> tuple[Metric, ...]:
    """Every score that is reported; the first is what models are judged by. RequestError for an unknown one."""
    costs = () if not request.costs else (mean_cost(_table(request, task)),)
    if request.metric is None:
        main = costs[0] if costs else task.default_metric
    elif costs and request.metric == MEAN_COST:
        main = costs[0]
    else:
        main = task.metric(request.metric)
    others = [each for each in (*costs, *task.all_metrics) if each.name != main.name]
    return (main, *others)


def decision_of(request: Request, task: Task) -> Decision:
    """How answers are decided before anything was learned; a threshold that is still to be chosen decides as none does."""
    if request.costs:
        if request.threshold is not None:
            raise RequestError(
                f"costs and threshold {request.threshold!r} were both given; expected one: costs decide the threshold themselves"
            )
        return by_costs(_table(request, task))
    if request.threshold is None:
        return LIKELIEST
    if task.n_classes != 2:
        raise RequestError(
            f"threshold {request.threshold!r} was asked for of a {task.name} task; expected two classes: use --costs for more"
        )
    return by_threshold(request.threshold) if isinstance(request.threshold, float) else LIKELIEST


def wish_of(request: Request, task: Task) -> Wish | None:
    """What a threshold is to be chosen for, when it is."""
    if not isinstance(request.threshold, str):
        return None
    metrics = metrics_of(request, task)
    return read_wish(request.threshold, metrics, metrics[0])


def _table(request: Request, task: Task) -> Floats:
    if task.classes is None:
        raise RequestError(
            f"costs were given for a {task.name} task; expected classes: answers that are numbers have a metric"
        )
    return cost_table(request.costs, task.classes)
