# Everything of Maru in one image, on Debian 13.
#
#   docker build -t maru .
#   docker run --rm -v "$PWD:/work" maru run reviews.yaml
#   docker run --rm -v "$PWD:/work" -p 8500-8501:8500-8501 maru serve --host 0.0.0.0
#
# For TensorFlow Serving's own images see `maru bundle`.
FROM debian:13-slim

# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends -y ca-certificates g++ make python3 python3-dev python3-venv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/maru
COPY . .
RUN make install && rm -rf /root/.cache

# Files that runs write belong to whoever mounts the folder: docker run --user "$(id -u):$(id -g)".
ENV HOME=/tmp
WORKDIR /work
ENTRYPOINT ["/opt/maru/.venv/bin/maru"]
CMD ["--help"]
