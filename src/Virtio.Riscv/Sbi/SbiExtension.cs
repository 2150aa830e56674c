namespace Virtio.Riscv;

/// <summary>Extension numbers of the implemented parts of the supervisor binary interface.</summary>
internal static class SbiExtension
{
    public const ulong LegacySetTimer = 0;
    public const ulong LegacyPutCharacter = 1;
    public const ulong LegacyGetCharacter = 2;
    public const ulong LegacyShutdown = 8;
    public const ulong Base = 0x10;
    public const ulong Timer = 0x5449_4D45;
    public const ulong InterProcessorInterrupt = 0x73_5049;
    public const ulong RemoteFence = 0x5246_4E43;
    public const ulong HartState = 0x48_534D;
    public const ulong SystemReset = 0x5352_5354;
    public const ulong DebugConsole = 0x4442_434E;
}
