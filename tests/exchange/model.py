"""EveryModule of model.hpp in PyTorch."""
import torch
import torch.nn.functional as F
from torch import nn


class EveryModule(nn.Module):
    """words int64 (N, 5), x (N, 6) -> (N, 4)."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 8, padding_idx=0)
        self.norm = nn.LayerNorm((5, 8))
        self.channels = nn.BatchNorm1d(5, momentum=0.3)
        self.layers = nn.Sequential(nn.Linear(46, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 8, bias=False),
                                    nn.BatchNorm1d(8, momentum=None), nn.GELU())
        self.blocks = nn.ModuleList([
            nn.Sequential(nn.BatchNorm1d(8, affine=False), nn.Linear(8, 8), nn.Tanh()),
            nn.Sequential(nn.LayerNorm(8, bias=False), nn.Linear(8, 8), nn.SiLU()),
            nn.Sequential(nn.LayerNorm(8, eps=1e-3, elementwise_affine=False), nn.Linear(8, 8)),
            nn.BatchNorm1d(8, eps=1e-3, track_running_stats=False)])
        self.bag = nn.EmbeddingBag(20, 8, padding_idx=0, mode="mean")
        self.picture = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
                                     nn.MaxPool2d(2), nn.ConvTranspose2d(4, 2, 2, stride=2),
                                     nn.Conv2d(2, 8, (3, 5), groups=2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(8, 4)
        self.scale = nn.Parameter(torch.ones(4))
        self.register_buffer("shift", torch.full((4,), 0.5))
        self.cross_entropy = nn.CrossEntropyLoss(weight=torch.rand(4))
        self.nll = nn.NLLLoss(weight=torch.rand(4))
        self.bce = nn.BCELoss(weight=torch.rand(4))
        self.bce_with_logits = nn.BCEWithLogitsLoss(weight=torch.rand(4), pos_weight=torch.rand(4))

    def forward(self, words, x):
        mixed = self.channels(self.norm(self.embedding(words)))
        y = self.layers(torch.cat([mixed.flatten(1), x], 1)) + self.bag(words) + self.picture(mixed.unsqueeze(1))
        for block in self.blocks:
            y = y + block(y)
        return self.head(y) * self.scale + self.shift

    def losses(self, logits, target):
        """The value of each loss that has a buffer. logits (N, 4), target int64 (N) -> (4)."""
        likely = F.one_hot(target, 4).to(logits.dtype)
        return torch.stack([self.cross_entropy(logits, target), self.nll(F.log_softmax(logits, 1), target),
                            self.bce(torch.sigmoid(logits), likely), self.bce_with_logits(logits, likely)])
