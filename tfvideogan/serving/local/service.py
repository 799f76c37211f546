"""What the server answers, in messages and without a transport.

One method for each method of PredictionService and ModelService: it takes the request
and the seconds left, returns the response, and raises `RequestError`.
"""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
)

from tfvideogan.core import signatures
from tfvideogan.serving import tensors
from tfvideogan.serving.local import admission as local_admission
from tfvideogan.serving.local import counters as local_counters
from tfvideogan.serving.local import examples
from tfvideogan.serving.local import memory as local_memory
from tfvideogan.serving.local import predict as local_predict
from tfvideogan.serving.local import status as local_status
from tfvideogan.serving.local.lifecycle import config
from tfvideogan.serving.local.lifecycle import manager as local_manager
from tfvideogan.serving.local.lifecycle.servable import Servable

SIGNATURES = "signature_def"
# What counts as a request.
COUNTED = ("Predict", "Classify", "Regress")


@dataclasses.dataclass(frozen=True)
class Service:
    """The methods of the two services.

    Attributes:
      manager: of the models.
      counters: of requests.
      admission: of requests, by both doors.
      memory: of large requests is given back.
      has_method_check: see `predict.predict`.
      has_raw_answers: answer with tensor_content rather than typed lists.
    """

    manager: local_manager.Manager
    counters: local_counters.Counters
    admission: local_admission.Admission = dataclasses.field(
        default_factory=local_admission.Admission
    )
    memory: local_memory.Returner = dataclasses.field(
        default_factory=local_memory.Returner
    )
    has_method_check: bool = False
    has_raw_answers: bool = False

    def predict(
        self, request: predict_pb2.PredictRequest, timeout: float | None
    ) -> predict_pb2.PredictResponse:
        """Answers PredictionService/Predict."""
        spec = _spec(request)
        with self.manager.servable(spec) as servable:
            start = time.monotonic()
            outputs = local_predict.predict(
                servable.graph,
                spec.signature_name,
                request.inputs,
                output_filter=request.output_filter,
                has_method_check=self.has_method_check,
                timeout=timeout,
            )
            self.time_run(servable, "Predict", start)
            response = predict_pb2.PredictResponse(
                model_spec=_model_spec(servable, spec.signature_name)
            )
        for alias, array in outputs.items():
            tensors.pack(
                response.outputs[alias], array, is_typed_list=not self.has_raw_answers
            )
        return response

    def classify(
        self, request: classification_pb2.ClassificationRequest, timeout: float | None
    ) -> classification_pb2.ClassificationResponse:
        """Answers PredictionService/Classify."""
        result, spec = self._run_examples(
            "Classify", examples.classify, request, timeout
        )
        return classification_pb2.ClassificationResponse(model_spec=spec, result=result)

    def regress(
        self, request: regression_pb2.RegressionRequest, timeout: float | None
    ) -> regression_pb2.RegressionResponse:
        """Answers PredictionService/Regress."""
        result, spec = self._run_examples("Regress", examples.regress, request, timeout)
        return regression_pb2.RegressionResponse(model_spec=spec, result=result)

    def multi_inference(
        self, request: inference_pb2.MultiInferenceRequest, timeout: float | None
    ) -> inference_pb2.MultiInferenceResponse:
        """Answers PredictionService/MultiInference."""
        if not (request.tasks and request.tasks[0].HasField("model_spec")):
            raise local_status.invalid("Missing ModelSpec")
        examples.check_tasks(request)
        with self.manager.servable(request.tasks[0].model_spec) as servable:
            start = time.monotonic()
            response = examples.infer(servable.graph, request, timeout=timeout)
            self.time_run(servable, "MultiInference", start)
        for result in response.results:
            result.model_spec.version.value = servable.version
        return response

    def metadata(
        self,
        request: get_model_metadata_pb2.GetModelMetadataRequest,
        timeout: float | None,
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Answers PredictionService/GetModelMetadata."""
        del timeout
        spec = _spec(request)
        if not request.metadata_field:
            raise local_status.invalid(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != SIGNATURES:
                raise local_status.invalid(f"Metadata field {field} is not supported")
        with self.manager.servable(spec) as servable:
            definitions = get_model_metadata_pb2.SignatureDefMap()
            for name, signature in servable.graph.signatures.items():
                definitions.signature_def[name].CopyFrom(signature)
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            response.model_spec.name = servable.name
            response.model_spec.version.value = servable.version
        response.metadata[SIGNATURES].Pack(definitions)
        return response

    def status(
        self,
        request: get_model_status_pb2.GetModelStatusRequest,
        timeout: float | None,
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Answers ModelService/GetModelStatus."""
        del timeout
        response = get_model_status_pb2.GetModelStatusResponse()
        for one in self.manager.status(_spec(request)):
            version = response.model_version_status.add(
                version=one.version, state=one.state
            )
            version.status.error_code = one.error.number if one.error else 0
            version.status.error_message = one.error.message if one.error else ""
        return response

    def reload(
        self,
        request: model_management_pb2.ReloadConfigRequest,
        timeout: float | None,
    ) -> model_management_pb2.ReloadConfigResponse:
        """Answers ModelService/HandleReloadConfigRequest."""
        del timeout  # Loading is not cut short.
        self.manager.apply(config.check_models(request.config))
        response = model_management_pb2.ReloadConfigResponse()
        response.status.error_code = 0
        return response

    def time_run(self, servable: Servable, method: str, start: float) -> None:
        """Notes how long the runtime took, since `start` of time.monotonic."""
        labels = (
            ("model_name", servable.name),
            ("API", method),
            ("runtime", "TF1"),
        )
        self.counters.time(local_counters.RUN_TIME, time.monotonic() - start, labels)

    def count(
        self, model: str, method: str, entry: str, status: str, start: float
    ) -> None:
        """Notes a finished request, since `start` of time.monotonic.

        As in production, Predict, Classify and Regress are counted, and those that were
        answered are timed. Names that were never served count as one, or a client could
        fill the memory.
        """
        if method not in COUNTED:
            return
        name = model if self.manager.is_known(model) else "unknown"
        self.counters.count(name, status)
        if status != "OK":
            return
        labels = (("model_name", name), ("API", method), ("entrypoint", entry))
        passed = time.monotonic() - start
        self.counters.time(local_counters.REQUEST_TIME, passed, labels)

    def _run_examples(
        self,
        method: str,
        run: Callable[..., Any],
        request: classification_pb2.ClassificationRequest
        | regression_pb2.RegressionRequest,
        timeout: float | None,
    ) -> tuple[Any, model_pb2.ModelSpec]:
        """Runs a function of `examples`; returns its result, and who gave it."""
        spec = _spec(request)
        with self.manager.servable(spec) as servable:
            start = time.monotonic()
            result = run(
                servable.graph, spec.signature_name, request.input, timeout=timeout
            )
            self.time_run(servable, method, start)
            return result, _model_spec(servable, spec.signature_name)


def _spec(request) -> model_pb2.ModelSpec:
    if not request.HasField("model_spec"):
        raise local_status.invalid("Missing ModelSpec")
    return request.model_spec


def _model_spec(servable: Servable, signature_name: str) -> model_pb2.ModelSpec:
    spec = model_pb2.ModelSpec(
        name=servable.name,
        signature_name=signature_name or signatures.DEFAULT,
    )
    spec.version.value = servable.version
    return spec
