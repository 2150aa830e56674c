namespace Virtio.Riscv;

/// <summary>What other threads ask of a hart; served between instructions.</summary>
[Flags]
internal enum HartRequests
{
    None = 0,
    Stop = 1,
    FenceInstructions = 2,
    FenceTranslations = 4,
    Start = 8,
}
