namespace Virtio.Riscv;

/// <summary>The result of a page walk.</summary>
internal enum WalkResult
{
    Found,
    PageFault,
    AccessFault,

    /// <summary>Another hart changed an entry after the walk read it and before the walk set its accessed or dirty bit.</summary>
    Changed,
}
