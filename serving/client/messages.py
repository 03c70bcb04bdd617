"""The messages of TensorFlow Serving's gRPC API, without TensorFlow.

Full names, field names, numbers and types are those of the `tensorflow-serving-api` from which
`messages.binpb` was made: the bytes are the same.
"""

import functools
import pathlib

from serving import descriptors

_POOL = descriptors.load(pathlib.Path(__file__).with_name("messages.binpb"))
_class = functools.partial(descriptors.message_class, _POOL)

TensorProto = _class("tensorflow.TensorProto")
Example = _class("tensorflow.Example")
ModelSpec = _class("tensorflow.serving.ModelSpec")
PredictRequest = _class("tensorflow.serving.PredictRequest")
PredictResponse = _class("tensorflow.serving.PredictResponse")
ClassificationRequest = _class("tensorflow.serving.ClassificationRequest")
ClassificationResponse = _class("tensorflow.serving.ClassificationResponse")
RegressionRequest = _class("tensorflow.serving.RegressionRequest")
RegressionResponse = _class("tensorflow.serving.RegressionResponse")
GetModelMetadataRequest = _class("tensorflow.serving.GetModelMetadataRequest")
GetModelMetadataResponse = _class("tensorflow.serving.GetModelMetadataResponse")
SignatureDefMap = _class("tensorflow.serving.SignatureDefMap")
GetModelStatusRequest = _class("tensorflow.serving.GetModelStatusRequest")
GetModelStatusResponse = _class("tensorflow.serving.GetModelStatusResponse")
