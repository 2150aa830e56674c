namespace Virtio.Riscv;

/// <summary>How a page walk ended.</summary>
internal enum WalkResult
{
    Found,
    PageFault,
    AccessFault,

    /// <summary>Another hart changed an entry between its being read and its being marked.</summary>
    Changed,
}
