"""The gRPC server: threads, limits and the services it carries."""

import concurrent.futures

import grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving import grpc_service
from serving.model import Repository

_UNLIMITED = -1


def create_server(repository: Repository, num_threads: int) -> grpc.Server:
    """Build the gRPC server; the caller adds a port and starts it.

    Args:
        repository: What can be asked.
        num_threads: Requests in progress at a time.
    """
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(num_threads, "grpc"),
        options=[
            ("grpc.max_receive_message_length", _UNLIMITED),
            ("grpc.max_send_message_length", _UNLIMITED),
            ("grpc.so_reuseport", 0),  # A taken port is an error, not a second server.
        ],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        grpc_service.PredictionService(repository), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(
        grpc_service.ModelService(repository), server
    )
    return server
