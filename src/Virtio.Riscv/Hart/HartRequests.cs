namespace Virtio.Riscv;

/// <summary>Requests of other threads to a hart; the hart serves them between instructions.</summary>
[Flags]
internal enum HartRequests
{
    None = 0,
    Stop = 1,
    FenceInstructions = 2,
    FenceTranslations = 4,
    Start = 8,
}
