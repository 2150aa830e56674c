namespace Virtio.Riscv;

/// <summary>
/// Receives the guest's output to the SBI debug console. Called on hart threads, one call at a time;
/// the bytes are valid only during the call.
/// </summary>
public delegate void RiscvDebugConsole(ReadOnlySpan<byte> bytes);
