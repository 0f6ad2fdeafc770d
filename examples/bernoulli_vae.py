"""Variational autoencoder on 12x12 binary images of bars."""
import argparse

import torch
from torch import nn, optim


class VAE(nn.Module):
    def __init__(self, image_size=144, latent=4):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(image_size, 128)
        self.fc_mu = nn.Linear(128, latent)
        self.fc_logvar = nn.Linear(128, latent)
        self.fc3 = nn.Linear(latent, 128)
        self.fc4 = nn.Linear(128, image_size)

    def encode(self, x):
        h = torch.relu(self.fc1(x))
        return self.fc_mu(h), self.fc_logvar(h)

    def decode(self, z):
        h = torch.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h))

    def forward(self, x):
        mu, logvar = self.encode(x)
        std = torch.exp(0.5 * logvar)
        z = mu + std * torch.randn_like(std)
        return self.decode(z), mu, logvar


def elbo_loss(recon, x, mu, logvar):
    bce = -(x * torch.log(recon) + (1 - x) * torch.log(1 - recon)).sum(dim=1)
    kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(dim=1)
    return (bce + kld).mean()


def bars(n):
    rows = (torch.rand(n, 12, 1) < 0.2).float()
    return rows.expand(n, 12, 12).reshape(n, 144)


def main():
    parser = argparse.ArgumentParser(description="VAE on bars")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--detect-anomaly", action="store_true", help="name the operation of the first NaN gradient")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    if args.detect_anomaly:
        torch.autograd.set_detect_anomaly(True)
    model = VAE()
    optimizer = optim.Adam(model.parameters(), lr=args.lr)

    for epoch in range(1, args.epochs + 1):
        for batch_idx in range(50):
            data = bars(64)
            recon, mu, logvar = model(data)
            loss = elbo_loss(recon, data, mu, logvar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if batch_idx % 10 == 0:
                print("Train Epoch: {} [{}/50]\tLoss: {:.6f}".format(epoch, batch_idx, loss.item()))


if __name__ == "__main__":
    main()
