namespace Virtio.Riscv;

/// <summary>Receives what the guest writes to the SBI debug console. Called on hart threads, possibly several at once; the bytes are valid only during the call.</summary>
public delegate void RiscvDebugConsole(ReadOnlySpan<byte> bytes);
