"""Two translators between English and a language of upper-case words, small enough for a test."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import tensorflow as tf

from components.augment.text.translations import Sentence

WORDS = ["good", "bad", "film", "fine", "movie", "the"]


class Translator(tf.Module):
    """Words by a trained table of log-odds, sampled with Gumbel noise; unknown ones are kept.

    A stateless draw per sentence and place, so a sentence does not depend on its batch.
    """

    def __init__(self, source, target, logits):
        super().__init__()
        self.source = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(source, tf.range(len(source))), len(source)
        )
        self.target = tf.constant(target)
        self.logits = tf.Variable(logits)

    def __call__(self, text, temperature, seed):
        one = tf.TensorSpec([], tf.string)
        return tf.map_fn(self.translate, (text, temperature, seed), fn_output_signature=one)

    def translate(self, inputs):
        text, temperature, seed = inputs
        words = tf.strings.split(text)
        ids = self.source.lookup(words)
        rows = tf.gather(self.logits, tf.minimum(ids, len(self.target) - 1))
        noise = tf.random.stateless_uniform(tf.shape(rows), tf.stack([seed, 0]), 1e-6, 1.0)
        scores = rows - temperature * tf.math.log(-tf.math.log(noise))
        found = tf.gather(self.target, tf.argmax(scores, -1))
        return tf.strings.reduce_join(tf.where(ids < len(self.target), found, words), separator=" ")


def train(source, target, pairs, steps=60):
    """Log-odds of each target word by gradient descent on aligned pairs."""
    logits = tf.Variable(tf.zeros((len(source), len(target))))
    rows = [source.index(one) for one, _ in pairs]
    labels = [target.index(other) for _, other in pairs]
    for _ in range(steps):
        with tf.GradientTape() as tape:
            chosen = tf.one_hot(rows, len(source)) @ logits
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, chosen)
            loss = tf.reduce_mean(losses)
        logits.assign_sub(9.0 * tape.gradient(loss, logits))
    return logits.numpy()


def save_pair(folder):
    """Train both directions and save them; the folders."""
    other = [word.upper() for word in WORDS]
    # Two words of one meaning are translated by either.
    pairs = [(word, word.upper()) for word in WORDS] * 3
    pairs += [("good", "FINE"), ("fine", "GOOD"), ("film", "MOVIE"), ("movie", "FILM")] * 2
    back = [(two, one) for one, two in pairs]
    return (
        _save(folder / "forward", Translator(WORDS, other, train(WORDS, other, pairs))),
        _save(folder / "backward", Translator(other, WORDS, train(other, WORDS, back))),
    )


def _save(folder, module, name="translation"):
    specs = [
        tf.TensorSpec([None], dtype, name)
        for name, dtype in (("text", tf.string), ("temperature", tf.float32), ("seed", tf.int64))
    ]
    call = tf.function(lambda *given: {name: module(*given)}, input_signature=specs)
    module.call = call
    tf.saved_model.save(module, str(folder), signatures=call.get_concrete_function())
    return str(folder)


def save_wrong(folder):
    """A SavedModel whose output has another name."""
    return _save(folder, Translator(WORDS, WORDS, np.eye(len(WORDS), dtype="float32")), "answer")


def save_broken(folder, translate, batch=None):
    """A SavedModel that translates with a function of `(batch,)` texts."""
    module = tf.Module()
    specs = [
        tf.TensorSpec([batch], dtype, name)
        for name, dtype in (("text", tf.string), ("temperature", tf.float32), ("seed", tf.int64))
    ]
    module.call = tf.function(
        lambda text, temperature, seed: {"translation": translate(text)}, input_signature=specs
    )
    tf.saved_model.save(module, str(folder), signatures=module.call.get_concrete_function())
    return str(folder)


class Counting:
    """Counts what a translator is asked."""

    def __init__(self, translator):
        self.translator = translator
        self.identity = translator.identity
        self.asked = []
        self.batches = []

    def translate(self, requests):
        self.asked += requests
        self.batches.append(len(requests))
        return self.translator.translate(requests)


def serve(translators, state="AVAILABLE", signatures=("serving_default",)):
    """TensorFlow Serving's two answers that a translator needs, for models by name."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.endswith("/versions/7/metadata"):
                known = {"signature_def": {name: {} for name in signatures}}
                return self.answer({"metadata": {"signature_def": known}})
            if self.path.endswith("/metadata"):
                return self.answer({"error": f"no {self.path}"}, 404)
            status = {"version": "7", "state": state, "status": {"error_code": "OK"}}
            self.answer({"model_version_status": [{**status, "version": "3"}, status]})

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            path = self.path.removeprefix("/v1/models/")
            name, _, version = path.removesuffix(":predict").partition("/versions/")
            if version != "7" or body["signature_name"] != "serving_default":
                return self.answer({"error": f"no {self.path}"}, 404)
            columns = (body["inputs"][column] for column in ("text", "temperature", "seed"))
            requests = [Sentence(*row) for row in zip(*columns, strict=True)]
            return self.answer({"outputs": translators[name].translate(requests)})

        def answer(self, body, status=200):
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
