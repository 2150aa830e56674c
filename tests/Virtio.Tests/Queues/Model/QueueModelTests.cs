using CsCheck;
using Virtio.Tests.Testbed;

namespace Virtio.Tests.Queues.Model;

public sealed class QueueModelTests
{
    // For each of the 16 kinds of ring; a million steps in all.
    private const int Sequences = 160;
    private const int Steps = 400;

    private static readonly Gen<(int Operation, int Choice)[]> Sequence = Gen.Select(Gen.Int[0, 15], Gen.Int[0, 1 << 20]).Array[Steps];

    [Theory]
    [MemberData(nameof(RingKind.Names), MemberType = typeof(RingKind))]
    public void A_queue_does_what_its_model_does(string name)
    {
        VirtioFeatures features = RingKind.Named(name);
        Gen.Select(Gen.Int[1, 64], Sequence).Sample(
            (size, steps) =>
            {
                using var session = new QueueSession(
                    features,
                    features.HasFlag(VirtioFeatures.RingPacked) ? size : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)size));
                foreach ((int operation, int choice) in steps)
                    session.Do(operation, choice);
            },
            iter: Sequences,
            threads: 1);
    }
}
