namespace Virtio.Vmm.Boards.X86;

/// <summary>What a write to a port asks of the machine.</summary>
internal enum X86PowerRequest
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Power off.</summary>
    PowerOff,

    /// <summary>Reset.</summary>
    Reset,
}
