namespace Virtio.Riscv;

/// <summary>Fields of <c>sstatus</c>.</summary>
internal static class StatusBits
{
    public const ulong InterruptEnable = 1 << 1;
    public const ulong PreviousInterruptEnable = 1 << 5;
    public const ulong PreviousPrivilege = 1 << 8;
    public const ulong FloatMask = 3 << 13;
    public const ulong FloatDirty = 3 << 13;
    public const ulong UserAccess = 1 << 18;
    public const ulong ExecutableReadable = 1 << 19;
    public const ulong UserLength64 = 2UL << 32;
    public const ulong Dirty = 1UL << 63;

    public const ulong Writable =
        InterruptEnable | PreviousInterruptEnable | PreviousPrivilege | FloatMask | UserAccess | ExecutableReadable;
}
