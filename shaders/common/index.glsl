/* The number of this workgroup, which lvk_launch_groups() may have laid out in two dimensions. */
#define LVK_GROUP_INDEX (gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x)
