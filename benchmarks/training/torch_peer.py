"""The peer of the benchmark of training: Hugging Face Transformers on PyTorch.

The same network as Maru's `pretrained_text`: the mean of the token vectors, dropout, one linear
layer; AdamW; a plain loop, which costs less than the library's `Trainer`.
"""

import sys

import torch
import transformers

from benchmarks.training import worker


class Classifier(torch.nn.Module):
    """Encoder, mean over the tokens, linear head.

    Args:
        preset: Folder with `config.json` and `model.safetensors`.
        kernel: `(dim, classes)` of the head.
        bias: `(classes,)` of the head.
    """

    def __init__(self, preset: str, kernel: torch.Tensor, bias: torch.Tensor):
        super().__init__()
        self.encoder = transformers.AutoModel.from_pretrained(preset, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(*kernel.shape)
        with torch.no_grad():
            self.head.weight.copy_(kernel.T)
            self.head.bias.copy_(bias)

    def forward(self, token_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits `(rows, classes)` of `(rows, length)` ids and mask."""
        vectors = self.encoder(input_ids=token_ids, attention_mask=mask).last_hidden_state
        weights = mask[..., None].to(vectors.dtype)
        mean = (vectors * weights).sum(1) / weights.sum(1)
        return self.head(self.dropout(mean))


def main(folder: str, learning_rate: float, preset: str) -> None:
    """Serve the benchmark.

    Args:
        folder: With the batch.
        learning_rate: Of AdamW.
        preset: Folder of the weights.
    """
    arrays = {name: torch.from_numpy(a) for name, a in worker.load(folder).items()}
    torch.manual_seed(0)
    model = Classifier(preset, arrays["kernel"], arrays["bias"])
    inputs = arrays["token_ids"].long(), arrays["padding_mask"].long()
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.01)
    loss = torch.nn.CrossEntropyLoss()

    def train(steps: int) -> None:
        model.train()
        for _ in range(steps):
            optimizer.zero_grad()
            loss(model(*inputs), arrays["labels"]).backward()
            optimizer.step()

    def infer(steps: int) -> None:
        model.eval()
        with torch.inference_mode():
            for _ in range(steps):
                model(*inputs).numpy()

    def logits():
        model.eval()
        with torch.inference_mode():
            return model(*inputs).numpy()

    worker.serve(logits, train, infer)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
