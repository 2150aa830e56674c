using System.Buffers.Binary;

namespace Virtio.Kvm.Tests.Testbed;

/// <summary>Prepares a vCPU to start in 64-bit mode: tables in the guest's first pages, and registers that point at them.</summary>
internal static class LongMode
{
    /// <summary>Length of the guest-physical memory that is mapped one to one, all of it accessible from ring 3.</summary>
    internal const ulong MappedSize = 5ul << 30;

    private const int LevelFour = 0x1000;
    private const int LevelThree = 0x2000;
    private const int LevelTwo = 0x3000; // A page for each GiB.
    private const int GlobalTable = 0x8000;
    private const int InterruptTable = 0x9000;
    private const int TaskState = 0xa000;
    private const int TaskStateLength = 104;

    // Behind the task state lies a bit for each port; all are clear, which allows the port. Some KVM kernels ignore IOPL in ring 3, but
    // none ignores these bits.
    private const int TaskStateLimit = TaskStateLength + 65536 / 8;

    private const ushort KernelCode = 0x08;
    private const ushort KernelData = 0x10;
    private const ushort UserCode = 0x18 | 3;
    private const ushort UserData = 0x20 | 3;
    private const ushort Task = 0x28;

    /// <summary>Writes page tables, segments, and an empty interrupt table.</summary>
    internal static void WriteTables(Span<byte> memory, ulong kernelStack)
    {
        const ulong table = 7; // Present, writable, user.
        const ulong page = table | 0x80;
        Write(memory, LevelFour, LevelThree | table);
        for (int gigabyte = 0; gigabyte < (int)(MappedSize >> 30); gigabyte++)
        {
            int levelTwo = LevelTwo + gigabyte * 0x1000;
            Write(memory, LevelThree + gigabyte * 8, (ulong)levelTwo | table);
            for (int i = 0; i < 512; i++)
                Write(memory, levelTwo + i * 8, ((ulong)gigabyte << 30) + ((ulong)i << 21) | page);
        }

        Write(memory, GlobalTable + KernelCode, 0x00af9b000000ffff);
        Write(memory, GlobalTable + KernelData, 0x00cf93000000ffff);
        Write(memory, GlobalTable + (UserCode & ~3), 0x00affb000000ffff);
        Write(memory, GlobalTable + (UserData & ~3), 0x00cff3000000ffff);
        Write(memory, GlobalTable + Task, 0x00008b0000000000 | TaskStateLimit | (ulong)TaskState << 16);
        Write(memory, TaskState + 4, kernelStack);
        BinaryPrimitives.WriteUInt16LittleEndian(memory[(TaskState + 102)..], TaskStateLength);
        memory[TaskState + TaskStateLimit] = 0xff;
    }

    /// <summary>Makes a vector enter a handler in ring 0.</summary>
    internal static void WriteGate(Span<byte> memory, int vector, ulong handler)
    {
        Write(
            memory,
            InterruptTable + vector * 16,
            handler & 0xffff | (ulong)KernelCode << 16 | 0x8e00ul << 32 | (handler >> 16 & 0xffff) << 48);
        Write(memory, InterruptTable + vector * 16 + 8, handler >> 32);
    }

    /// <summary>Puts a vCPU into 64-bit mode. Port instructions work in ring 3 too.</summary>
    internal static void Enter(KvmVcpu vcpu, GuestRing ring, ulong code, ulong stack)
    {
        bool isKernel = ring == GuestRing.Kernel;
        byte level = isKernel ? (byte)0 : (byte)3;
        KvmSpecialRegisters special = vcpu.GetSpecialRegisters();
        var data = new KvmSegment
        {
            Limit = uint.MaxValue,
            Selector = isKernel ? KernelData : UserData,
            Type = 3,
            Present = 1,
            PrivilegeLevel = level,
            CodeOrData = 1,
            DefaultSize = 1,
            Granularity = 1,
        };
        special.Data = special.Extra = special.Fs = special.Gs = special.Stack = data;
        special.Code = data with { Selector = isKernel ? KernelCode : UserCode, Type = 0xb, DefaultSize = 0, LongMode = 1 };
        special.Task = new KvmSegment { Base = TaskState, Limit = TaskStateLimit, Selector = Task, Type = 0xb, Present = 1 };
        special.LocalTable = new KvmSegment { Type = 2, Unusable = 1 };
        special.GlobalTable = new KvmDescriptorTable { Base = GlobalTable, Limit = Task + 15 };
        special.InterruptTable = new KvmDescriptorTable { Base = InterruptTable, Limit = 0xfff };
        special.Cr0 = 0x80000033; // Paging, numeric errors, 387 present, monitor, protection.
        special.Cr3 = LevelFour;
        special.Cr4 = 0x620; // SSE exceptions, FXSAVE, physical address extension.
        special.Efer = 0xd01; // No-execute, long mode active and enabled, SYSCALL.
        vcpu.SetSpecialRegisters(special);
        vcpu.SetRegisters(new KvmRegisters { Rip = code, Rsp = stack, Rflags = 2 | (isKernel ? 0ul : 3 << 12) });
    }

    private static void Write(Span<byte> memory, int address, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(memory[address..], value);
}
