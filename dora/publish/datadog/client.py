"""Sends figures, deployments, failures and marks to Datadog, through its own client.

Keys are read from the environment by the command and handed over here; they are in no message, no
repr and no log.
"""

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from dora.errors import CannotWrite
from dora.publish.datadog.account import Account
from dora.publish.datadog.responses import clean, error_text, failure, no_datadog, unreachable, why
from dora.publish.retry import TemporaryFailure, with_retries

if TYPE_CHECKING:
    from datadog_api_client import ApiClient

TIMEOUT = 30.0  #: seconds


class Datadog:
    """One account at Datadog, with a client that is made when it is first needed."""

    def __init__(
        self,
        account: Account,
        pause: Callable[[float], None] = time.sleep,
        timeout: float = TIMEOUT,
    ) -> None:
        self._account = account
        self._pause = pause
        self._timeout = timeout
        self._client: ApiClient | None = None

    def __repr__(self) -> str:
        """Say where it is, and no key."""
        return f"Datadog({self._account.url!r})"

    def send_figures(self, series: Sequence[Mapping[str, Any]]) -> None:
        """Send one part of series, packed."""
        from datadog_api_client.v2.api.metrics_api import MetricsApi
        from datadog_api_client.v2.model import (
            metric_content_encoding,
            metric_intake_type,
            metric_payload,
            metric_point,
            metric_series,
        )

        made = [
            metric_series.MetricSeries(
                **{
                    **one,
                    "type": metric_intake_type.MetricIntakeType(one["type"]),
                    "points": [metric_point.MetricPoint(**point) for point in one["points"]],
                }
            )
            for one in series
        ]
        body = metric_payload.MetricPayload(series=made)
        packed = metric_content_encoding.MetricContentEncoding.GZIP
        api = MetricsApi(self._api())
        self._ask(lambda: api.submit_metrics(body, content_encoding=packed), "figures")

    def send_deployment(self, attributes: Mapping[str, Any]) -> None:
        """Send one deployment; TooOld where Datadog refuses its age."""
        from datadog_api_client.v2.model import (
            dora_deployment_request,
            dora_deployment_request_attributes,
            dora_deployment_request_data,
            dora_git_info,
        )

        git = {"git": dora_git_info.DORAGitInfo(**one)} if (one := attributes.get("git")) else {}
        made = dora_deployment_request_attributes.DORADeploymentRequestAttributes(
            **{**attributes, **git}
        )
        data = dora_deployment_request_data.DORADeploymentRequestData(attributes=made)
        body = dora_deployment_request.DORADeploymentRequest(data=data)
        self._ask(lambda: self._dora().create_dora_deployment(body), "deployment")

    def send_failure(self, attributes: Mapping[str, Any]) -> None:
        """Send one failure; TooOld where Datadog refuses its age."""
        from datadog_api_client.v2.model import (
            dora_failure_request,
            dora_failure_request_attributes,
            dora_failure_request_data,
        )

        made = dora_failure_request_attributes.DORAFailureRequestAttributes(**attributes)
        data = dora_failure_request_data.DORAFailureRequestData(attributes=made)
        body = dora_failure_request.DORAFailureRequest(data=data)
        self._ask(lambda: self._dora().create_dora_failure(body), "failure")

    def mark_deployment(self, name: str, mark: Mapping[str, Any]) -> None:
        """Say of a deployment that it failed, or did not; Unknown where it is not there (yet)."""
        from datadog_api_client.v2.model import (
            dora_deployment_patch_remediation,
            dora_deployment_patch_remediation_type,
            dora_deployment_patch_request,
            dora_deployment_patch_request_attributes,
            dora_deployment_patch_request_data,
            dora_deployment_patch_request_data_type,
        )

        given = dict(mark)
        if one := given.get("remediation"):
            kind = dora_deployment_patch_remediation_type.DORADeploymentPatchRemediationType
            given["remediation"] = dora_deployment_patch_remediation.DORADeploymentPatchRemediation(
                id=one["id"], type=kind(one["type"])
            )
        made = dora_deployment_patch_request_attributes.DORADeploymentPatchRequestAttributes(
            **given
        )
        kinds = dora_deployment_patch_request_data_type.DORADeploymentPatchRequestDataType
        data = dora_deployment_patch_request_data.DORADeploymentPatchRequestData(
            attributes=made, id=name, type=kinds("dora_deployment_patch_request")
        )
        body = dora_deployment_patch_request.DORADeploymentPatchRequest(data=data)
        self._ask(lambda: self._dora().patch_dora_deployment(name, body), "mark")

    def _dora(self) -> Any:
        from datadog_api_client.v2.api.dora_metrics_api import (
            DORAMetricsApi,
        )

        return DORAMetricsApi(self._api())

    def _api(self) -> Any:
        """The client, made once; it neither tries again nor follows redirects by itself."""
        from datadog_api_client import ApiClient, Configuration

        if self._client is None:
            keys = {"apiKeyAuth": self._account.api_key}
            if self._account.app_key:
                keys["appKeyAuth"] = self._account.app_key
            configuration = Configuration(
                host=self._account.url,
                api_key=keys,
                retry_policy=False,
                request_timeout=self._timeout,
                preload_content=False,  # what comes may be no answer of Datadog's
            )
            configuration.proxy, configuration.proxy_headers = _proxy(self._account.url)
            self._client = ApiClient(configuration)
        return self._client

    def _ask(self, call: Callable[[], Any], what: str) -> None:
        """Make one request, and again where that can help; every failure is raised in words."""
        from datadog_api_client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        def send() -> None:
            try:
                self._check(call(), what)
            except ApiException as wrong:
                raise failure(wrong, what, self._account) from wrong
            except HTTPError as wrong:
                error = unreachable(self._account, why(wrong, self._timeout))
                raise TemporaryFailure(error) from None
            except UnicodeDecodeError:  # the client reads every refusal as UTF-8
                raise TemporaryFailure(no_datadog(self._account)) from None

        with_retries(send, self._pause)

    def _check(self, answer: Any, what: str) -> None:
        """Refuse what is no answer of Datadog's, and what it took only in part."""
        raw = answer.data  # also where nothing is expected: the connection is used again
        if what == "mark":
            return
        try:
            document = json.loads(raw)
        except ValueError:
            document = None
        if not isinstance(document, dict) or (what != "figures" and "data" not in document):
            raise no_datadog(self._account)
        if document.get("errors"):
            text = clean(error_text(document), self._account)
            raise CannotWrite(f"Datadog does not take all {what}: {text}", "See --dry-run.")


def _proxy(url: str) -> tuple[str | None, dict[str, str] | None]:
    """The proxy that the environment names for *url*, and the headers that name its user."""
    to = urlsplit(url)
    found = None if proxy_bypass(to.hostname or "") else getproxies().get(to.scheme)
    if not found:
        return None, None
    parts = urlsplit(found if "://" in found else f"http://{found}")
    user, password = (unquote(text or "") for text in (parts.username, parts.password))
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if not user:
        return address, None
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return address, {"proxy-authorization": f"Basic {pair}"}
