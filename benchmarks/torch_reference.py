"""The model of benchmarks/training.py in PyTorch, with its nn.LSTM.

Run by training.py under an interpreter that has torch: reads lines "ROWS STEPS"
from standard input and answers each with the seconds of one whole training step.
"""

import sys
import time

import torch
from torch import nn

V, E, H, LAYERS = (int(argument) for argument in sys.argv[1:5])


class Model(nn.Module):
    """Embedding, LSTM layers, gated average over the past, logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.rnn = nn.ModuleList(
            nn.LSTM(E if layer == 0 else H, H, batch_first=True) for layer in range(LAYERS)
        )
        features = E + LAYERS * H
        self.score = nn.Parameter(torch.zeros(features))
        self.gate = nn.Parameter(torch.full((features,), 0.1))
        self.output = nn.Linear(features, V)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        features = [self.embedding(ids)]
        for layer in self.rnn:
            features.append(layer(features[-1])[0])
        joined = torch.cat(features, dim=-1)
        steps = torch.arange(ids.shape[1])
        past = steps[:, None] >= steps[None, :]
        scores = (joined @ self.score)[:, None, :]
        weights = torch.softmax(scores.where(past, torch.tensor(-1e9)), dim=-1)
        return self.output(joined + self.gate * (weights @ joined))


def main() -> None:
    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for line in sys.stdin:
        rows, steps = map(int, line.split())
        ids, targets = torch.randint(1, V, (2, rows, steps))
        began = time.perf_counter()
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
