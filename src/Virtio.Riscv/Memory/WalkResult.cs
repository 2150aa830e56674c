namespace Virtio.Riscv;

/// <summary>How a page walk ended.</summary>
internal enum WalkResult
{
    Found,
    PageFault,
    AccessFault,
}
